//! `/os-quota-class-sets/default`: what the region limits every project to. Kept, not enforced.

use serde_json::{Map, Value, json};

use super::super::http::Resp;
use super::call::{Call, Handled};

/// `GET`
pub fn class(call: &Call) -> Handled {
    call.need("admin", "os_compute_api:os-quota-class-sets:show")?;
    Ok(answer(call))
}

/// `PUT`
pub fn set_class(call: &Call) -> Handled {
    call.need("admin", "os_compute_api:os-quota-class-sets:update")?;
    let wanted = call.body["quota_class_set"].as_object().cloned().unwrap_or_default();
    call.nova.settings.lock().unwrap().class_limits.extend(wanted);
    Ok(answer(call))
}

fn answer(call: &Call) -> Resp {
    let limits: Map<String, Value> = call.nova.settings.lock().unwrap().class_limits.clone();
    Resp::json(200, &json!({ "quota_class_set": limits }))
}
