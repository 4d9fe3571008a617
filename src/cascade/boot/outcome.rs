//! What a region's answer to a boot means: five classes, as data (D2).

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use serde_json::Value;

use crate::regions::nova::fault_message;
use crate::regions::{CallError, Sent};
use crate::selector::Reason;

/// The region's word on a boot.
#[derive(Debug)]
pub enum Outcome {
    /// It has the server; `server` of its answer.
    Accepted { headers: HeaderMap, server: Value },
    /// No region would take it: passed on as the region said it.
    Refused { status: StatusCode, message: String },
    /// It surely has no server; another region may take it.
    Elsewhere(Reason),
    /// Nova itself says that it failed: its work on the request is over, and what it has stored can be seen.
    Failed { message: String },
    /// The request left and no word of its fate came back: never sent again, looked for by the marker.
    Unknown { reason: String },
}

/// Nova's words for it (`nova/compute/api.py`, `nova/exception.py`); those on ports are Neutron's quota.
const OVER_QUOTA: [&str; 2] = ["Quota exceeded", "Maximum number of ports exceeded"];

/// Classifies.
#[must_use]
pub fn classify(result: Result<Response<Bytes>, CallError>) -> Outcome {
    let response = match result {
        Ok(response) => response,
        Err(CallError { sent: Sent::No, reason, .. }) => return Outcome::Elsewhere(Reason::unreachable(reason)),
        Err(CallError { sent: Sent::Maybe, reason, .. }) => return Outcome::Unknown { reason },
    };
    let (parts, body) = response.into_parts();
    let message = || fault_message(parts.status, &body);
    if let Some(server) = server(&body).filter(|_| parts.status.is_success()) {
        return Outcome::Accepted { headers: parts.headers, server };
    }
    match parts.status.as_u16() {
        // Regions are to run without quota of their own; one that has some is full, not closed to the user.
        403 if OVER_QUOTA.iter().any(|words| message().contains(words)) => Outcome::Elsewhere(Reason::full(message())),
        429 | 502 | 503 => {
            let text = format!("it answered {}: {}", parts.status.as_u16(), message());
            Outcome::Elsewhere(Reason::unreachable(text))
        }
        400..=499 => Outcome::Refused { status: parts.status, message: message() },
        500 if is_novas(&body) => Outcome::Failed { message: message() },
        status => Outcome::Unknown { reason: format!("it answered {status}: {}", message()) },
    }
}

/// The fault is in Nova's own form, and no page of a proxy in between.
fn is_novas(body: &[u8]) -> bool {
    let document: Option<Value> = serde_json::from_slice(body).ok();
    document.is_some_and(|document| document["computeFault"]["message"].is_string())
}

/// The server that the answer tells of. A page of a proxy in between does not, whatever its status: what became of the
/// request is then not known.
fn server(body: &[u8]) -> Option<Value> {
    let mut answer: Value = serde_json::from_slice(body).ok()?;
    let server = answer.get_mut("server")?.take();
    server["id"].is_string().then_some(server)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &'static str) -> Outcome {
        let mut response = Response::new(Bytes::from_static(body.as_bytes()));
        *response.status_mut() = StatusCode::from_u16(status).expect("a status");
        classify(Ok(response))
    }

    #[test]
    fn every_answer_has_its_class() {
        assert!(matches!(answer(202, r#"{"server": {"id": "s"}}"#), Outcome::Accepted { .. }));
        assert!(matches!(answer(202, r#"{"reservation_id": "r-1"}"#), Outcome::Unknown { .. }));
        assert!(matches!(answer(202, r#"{"server": {}}"#), Outcome::Unknown { .. }));
        assert!(matches!(answer(200, "<html>"), Outcome::Unknown { .. }));
        let bad = r#"{"badRequest": {"code": 400, "message": "no"}}"#;
        assert!(matches!(answer(400, bad), Outcome::Refused { message, .. } if message == "no"));
        let quota = r#"{"forbidden": {"code": 403, "message": "Quota exceeded for cores"}}"#;
        assert!(matches!(answer(403, quota), Outcome::Elsewhere(_)));
        let ports = r#"{"forbidden": {"code": 403, "message": "Maximum number of ports exceeded"}}"#;
        assert!(matches!(answer(403, ports), Outcome::Elsewhere(_)));
        assert!(matches!(answer(403, bad), Outcome::Refused { .. }));
        assert!(matches!(answer(503, "<html>"), Outcome::Elsewhere(_)));
        assert!(matches!(answer(500, bad), Outcome::Unknown { .. }));
        let failed = r#"{"computeFault": {"code": 500, "message": "Unexpected API Error."}}"#;
        assert!(matches!(answer(500, failed), Outcome::Failed { message } if message == "Unexpected API Error."));
        assert!(matches!(answer(504, failed), Outcome::Unknown { .. }));
        assert!(matches!(answer(504, ""), Outcome::Unknown { .. }));
        let lost = |sent| classify(Err(CallError { target: "R".into(), reason: "cut".into(), sent }));
        assert!(matches!(lost(Sent::No), Outcome::Elsewhere(_)));
        assert!(matches!(lost(Sent::Maybe), Outcome::Unknown { .. }));
    }
}
