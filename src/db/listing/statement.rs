//! SQL that is put together at run time: text of our own, and values that are always bound.

use crate::db::Db;

/// A bound value.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(String),
    Number(i64),
}

/// A statement under construction.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub sql: String,
    pub values: Vec<Value>,
    /// For `SQLite`.
    pub embedded: bool,
}

impl Statement {
    pub fn new(embedded: bool) -> Self {
        Self { sql: String::with_capacity(1024), values: Vec::new(), embedded }
    }

    /// One that ends in an error where it takes too long.
    pub fn limited(db: &Db) -> Self {
        let mut to = Self::new(db.is_embedded());
        if !to.embedded {
            // In seconds. The embedded database has no such limit: there a statement takes as long as its rows do.
            let limit = db.statement_timeout().as_secs_f64();
            to.push(&format!("SET STATEMENT max_statement_time = {limit} FOR "));
        }
        to
    }

    /// Adds SQL; never what a user said.
    pub fn push(&mut self, sql: &str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    pub fn text(&mut self, value: &str) -> &mut Self {
        self.values.push(Value::Text(value.to_owned()));
        self.push("?")
    }

    pub fn number(&mut self, value: i64) -> &mut Self {
        self.values.push(Value::Number(value));
        self.push("?")
    }

    /// `(?, ?, …)`
    pub fn texts(&mut self, values: &[String]) -> &mut Self {
        self.push("(");
        for (number, value) in values.iter().enumerate() {
            self.push(if number == 0 { "" } else { ", " }).text(value);
        }
        self.push(")")
    }
}
