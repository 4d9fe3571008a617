//! What is told of a body that is wrong: the first that is found in the order of the schema, for there Python's validator
//! gives up.

use serde_json::Value;

use crate::api::body::{printed, refusal};
use crate::error::Fault;

/// The first that is wrong, and where the look is just now.
#[derive(Debug, Default)]
pub(super) struct Errors {
    pub path: Vec<String>,
    pub first: Option<Fault>,
}

impl Errors {
    pub fn add(&mut self, value: &Value, reason: &str) {
        let told = || match self.path.last() {
            Some(field) => refusal(field, &printed(value), reason),
            None => Fault::bad_request(reason),
        };
        if self.first.is_none() {
            self.first = Some(told());
        }
    }

    /// A message that stands alone (`InvalidName`).
    pub fn add_alone(&mut self, message: &str) {
        self.first.get_or_insert_with(|| Fault::bad_request(message));
    }
}
