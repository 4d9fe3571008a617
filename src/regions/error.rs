//! A call that got no answer: who failed, and whether the request may have arrived.

/// Whether the other side may have acted on the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Surely not: no connection, or no turn.
    No,
    /// It left, and no whole answer came back.
    Maybe,
}

/// A call without an answer.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{target}: {reason}")]
pub struct CallError {
    /// Region or service, by its name.
    pub target: String,
    /// For people; names no URL and no token.
    pub reason: String,
    /// Decides whether the request may be made again elsewhere.
    pub sent: Sent,
}

impl CallError {
    pub(crate) fn new(target: &str, sent: Sent, reason: impl Into<String>) -> Self {
        Self { target: target.to_owned(), reason: reason.into(), sent }
    }
}
