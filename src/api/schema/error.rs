//! Which of several errors is told (jsonschema's `best_match`), and in what words.

use serde_json::Value;

use crate::api::body::{printed, refusal};
use crate::error::Fault;

/// What is wrong with a part of a body.
#[derive(Clone, Debug)]
pub(super) struct Wrong {
    path: Vec<String>,
    value: Value,
    reason: String,
    /// Of the wrong type, which outranks what else is wrong with it.
    mistyped: bool,
    /// A message that stands alone (`InvalidName`).
    alone: bool,
}

/// All that is wrong, and where the look is just now.
#[derive(Debug, Default)]
pub(super) struct Errors {
    pub path: Vec<String>,
    /// The part just looked at is of the wrong type.
    pub mistyped: bool,
    found: Vec<Wrong>,
}

impl Errors {
    pub fn add(&mut self, value: &Value, reason: String) {
        let (path, mistyped) = (self.path.clone(), self.mistyped);
        self.found.push(Wrong { path, value: value.clone(), reason, mistyped, alone: false });
    }

    pub fn add_alone(&mut self, value: &Value, reason: &str) {
        self.add(value, reason.to_owned());
        if let Some(last) = self.found.last_mut() {
            last.alone = true;
        }
    }

    /// The least deep; of those the last by name; of one part the first.
    pub fn worst(self) -> Option<Fault> {
        let rank = |wrong: &Wrong| (std::cmp::Reverse(wrong.path.len()), wrong.path.clone(), wrong.mistyped);
        let worst = self.found.into_iter().reduce(|best, next| if rank(&next) > rank(&best) { next } else { best })?;
        Some(match worst.path.last() {
            Some(field) if !worst.alone => refusal(field, &printed(&worst.value), &worst.reason),
            _ => Fault::bad_request(worst.reason),
        })
    }
}
