//! The answer to a change, laid over what is stored.

use serde_json::{Map, Value};

use super::Names;
use super::columns::{image, key_pair};

/// Fields that an answer's document has as the region says them while the row has them in the top's words, or has more.
const KEPT: [&str; 5] = ["links", "flavor", "addresses", "OS-EXT-AZ:availability_zone", "scheduler_hints"];

/// Fields that a document has only in some states.
const PASSING: [&str; 2] = ["fault", "progress"];

/// The stored document with what the region's answer to a change says newer, at whatever microversion it says it.
#[must_use]
pub fn overlaid(stored: &str, answer: &Value, names: &Names) -> String {
    let mut document: Map<String, Value> = serde_json::from_str(stored).unwrap_or_default();
    let Value::Object(mut answer) = answer.clone() else { return stored.to_owned() };
    for key in PASSING {
        document.shift_remove(key);
    }
    for key in KEPT {
        answer.shift_remove(key);
    }
    image(&mut answer, names);
    key_pair(&mut answer, names);
    document.extend(answer);
    Value::Object(document).to_string()
}
