//! What a notification is read for: whether something happened to a server. Nothing else of it is used, so a forged
//! one can do no more than a true one.

use std::borrow::Cow;

use serde::Deserialize;

/// What a message on the queue means to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A server may have changed.
    Wakes,
    /// It tells of something that a round does not look at.
    Other,
    /// It is no notification.
    Malformed,
}

impl Meaning {
    /// Its name in metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Wakes => "wakes",
            Self::Other => "other",
            Self::Malformed => "malformed",
        }
    }
}

/// oslo.messaging's envelope 2.0; the driver `messaging` (1.0) sends the message itself.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "oslo.message", borrow)]
    message: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    event_type: Cow<'a, str>,
}

/// Reads a message's body.
#[must_use]
pub fn read(body: &[u8]) -> Meaning {
    let message = match serde_json::from_slice::<Envelope>(body) {
        Ok(envelope) => serde_json::from_str::<Message>(&envelope.message).map(|message| wakes(&message.event_type)),
        Err(_) => serde_json::from_slice::<Message>(body).map(|message| wakes(&message.event_type)),
    };
    message.unwrap_or(Meaning::Malformed)
}

fn wakes(event_type: &str) -> Meaning {
    match event_type.strip_prefix("instance.") {
        // The audit that nova-compute sends of every server once a period: all at once, and about no change.
        None | Some("exists") => Meaning::Other,
        Some(_) => Meaning::Wakes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enveloped(message: &str) -> Vec<u8> {
        serde_json::json!({ "oslo.version": "2.0", "oslo.message": message }).to_string().into_bytes()
    }

    #[test]
    fn what_happens_to_a_server_wakes() {
        for (event_type, meaning) in [
            ("instance.update", Meaning::Wakes),
            ("instance.power_off.end", Meaning::Wakes),
            ("instance.delete.end", Meaning::Wakes),
            ("instance.exists", Meaning::Other),
            ("scheduler.select_destinations.start", Meaning::Other),
            ("compute.instance.update", Meaning::Other),
            ("service.update", Meaning::Other),
            ("instance", Meaning::Other),
            ("", Meaning::Other),
        ] {
            let message = serde_json::json!({
                "message_id": "0", "publisher_id": "nova-compute:one", "event_type": event_type, "priority": "INFO",
                "payload": { "nova_object.data": { "uuid": "ü", "text": "\"quoted\" \\ \n" } },
            });
            assert_eq!(read(&enveloped(&message.to_string())), meaning, "{event_type} in an envelope");
            assert_eq!(read(message.to_string().as_bytes()), meaning, "{event_type} without one");
        }
    }

    #[test]
    fn anything_else_is_malformed() {
        let bodies = [
            b"".to_vec(),
            b"\xff\xfe".to_vec(),
            b"[]".to_vec(),
            b"null".to_vec(),
            b"{\"oslo.message\": 7, \"event_type\": 7}".to_vec(),
            b"{\"oslo.version\": \"2.0\"}".to_vec(),
            enveloped(""),
            enveloped("{}"),
            enveloped("{\"event_type\": null}"),
            enveloped("{\"event_type\": \"instance.update\""),
            vec![b'['; 1_000_000],
        ];
        for body in bodies {
            assert_eq!(read(&body), Meaning::Malformed, "{}", String::from_utf8_lossy(&body[..body.len().min(60)]));
        }
    }
}
