//! `/flavors/{flavor_id}/os-extra_specs`

pub mod read;
mod table;
mod validate;
pub mod write;

use serde_json::{Map, Value};

use crate::api::Call;
use crate::api::body::printed;
use crate::error::{ApiResult, Fault};
use crate::microversion::v2;

/// The most characters of a value.
const VALUE_MAX: usize = 255;

/// Extra specs as they are kept: text, of numbers too (`nova/api/openstack/compute/flavors_extraspecs.py`,
/// `_check_extra_specs_value`).
///
/// # Errors
/// 400 for a number that is too long, and from 2.86 on for what Nova's own extra specs cannot be.
fn as_text(call: &Call, specs: &Map<String, Value>) -> ApiResult<Map<String, Value>> {
    let mut texts = Map::new();
    for (name, value) in specs {
        let text = printed(value);
        let length = text.chars().count();
        if length > VALUE_MAX {
            let reason = format!("extra_specs value has {length} characters, more than {VALUE_MAX}.");
            return Err(Fault::bad_request(reason));
        }
        if call.version >= v2(86) {
            validate::validate(name, &text)?;
        }
        texts.insert(name.clone(), Value::String(text));
    }
    Ok(texts)
}

fn no_spec(flavor_id: &str, key: &str) -> Fault {
    Fault::not_found(format!("Flavor {flavor_id} has no extra specs with key {key}."))
}
