//! Nova's faults.

use serde_json::json;

use super::super::http::Resp;

/// A refusal, before it becomes an answer.
#[derive(Debug, PartialEq, Eq)]
pub struct NovaFault {
    pub code: u16,
    pub message: String,
}

/// A refusal with this status and message.
pub fn fault(code: u16, message: impl Into<String>) -> NovaFault {
    NovaFault { code, message: message.into() }
}

impl NovaFault {
    /// `{"itemNotFound": {"code": 404, "message": …}}`; statuses without a name are `computeFault`.
    pub fn into_resp(self) -> Resp {
        let name = match self.code {
            400 => "badRequest",
            401 => "unauthorized",
            403 => "forbidden",
            404 => "itemNotFound",
            405 => "badMethod",
            409 => "conflictingRequest",
            413 | 429 => "overLimit",
            415 => "badMediaType",
            501 => "notImplemented",
            503 => "serviceUnavailable",
            _ => "computeFault",
        };
        Resp::json(self.code, &json!({ name: {"code": self.code, "message": self.message} }))
    }
}

/// The text of a request body that the JSON schema refuses.
pub fn invalid(field: &str, value: &serde_json::Value, why: &str) -> NovaFault {
    let place = format!("Invalid input for field/attribute {field}. Value: {value}. {why}");
    fault(400, place)
}
