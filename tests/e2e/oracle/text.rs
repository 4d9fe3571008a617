//! Answers as they are compared.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use crate::support::http::Answer;

/// Neutron's request ids stand in some of its messages, and each request has another.
static REQUEST_IDS: LazyLock<Regex> = LazyLock::new(|| Regex::new("req-[0-9a-f-]{36}'").expect("a pattern"));

/// The document, or the text of what is none, without what no two answers have in common.
pub fn plain(answer: &Answer) -> Value {
    let text = REQUEST_IDS.replace_all(&answer.text, "req-…'").into_owned();
    let mut document = serde_json::from_str(&text).unwrap_or(Value::String(text));
    sort_rules(&mut document);
    document
}

/// Neutron gives the rules of a security group in no order.
fn sort_rules(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(sort_rules),
        Value::Object(object) => {
            if let Some(Value::Array(rules)) = object.get_mut("rules") {
                rules.sort_by_key(|rule| rule["id"].to_string());
            }
            object.values_mut().for_each(sort_rules);
        }
        _ => {}
    }
}
