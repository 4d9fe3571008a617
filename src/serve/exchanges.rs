//! The requests of one connection, each from its head to the end of its answer.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Response, Version};
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::http_body::{Body, BodyError};

/// Most bytes of an answer that are given to hyper at once. HTTP/2 takes a frame whole as soon as the client lets it
/// send one byte, so this is what a stream can hold of an answer that nobody reads.
const FRAME_BYTES: usize = 16 * 1_024;

/// What a connection does.
#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    /// Requests whose answers have not ended.
    pub(super) open: usize,
    /// Since when some are open, or none.
    pub(super) since: Instant,
    /// A request has come.
    pub(super) used: bool,
    /// That was one of HTTP/2.
    pub(super) http2: bool,
}

/// The requests of one connection.
#[derive(Clone)]
pub(super) struct Exchanges(Arc<watch::Sender<State>>);

impl Exchanges {
    pub(super) fn new() -> Self {
        let state = State { open: 0, since: Instant::now(), used: false, http2: false };
        Self(Arc::new(watch::Sender::new(state)))
    }

    pub(super) fn watch(&self) -> watch::Receiver<State> {
        self.0.subscribe()
    }

    /// A request's head has come.
    pub(super) fn begin(&self, version: Version) -> Exchange {
        self.change(|state| {
            state.open += 1;
            state.used = true;
            state.http2 = version == Version::HTTP_2;
        });
        Exchange(self.clone())
    }

    fn change(&self, apply: impl FnOnce(&mut State)) {
        self.0.send_modify(|state| {
            let before = state.open;
            apply(state);
            if (before == 0) != (state.open == 0) {
                state.since = Instant::now();
            }
        });
    }
}

/// One request; it ends when this is dropped.
pub(super) struct Exchange(Exchanges);

impl Exchange {
    /// The answer, which ends the exchange when its body has been given to hyper, or is dropped.
    pub(super) fn answer(self, response: Response<Body>) -> Response<Answer> {
        response.map(|body| Answer { body, rest: Bytes::new(), _exchange: self })
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.0.change(|state| state.open -= 1);
    }
}

/// The body of an answer, in frames of at most [`FRAME_BYTES`].
pub(super) struct Answer {
    body: Body,
    rest: Bytes,
    _exchange: Exchange,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if self.rest.is_empty() {
            match Pin::new(&mut self.body).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(other) => return Poll::Ready(Some(Ok(other))),
                },
                other => return other,
            }
        }
        let length = self.rest.len().min(FRAME_BYTES);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (inner, rest) = (self.body.size_hint(), self.rest.len() as u64);
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower() + rest);
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;
    use crate::http_body::full;

    #[tokio::test]
    async fn an_answer_comes_in_small_frames_and_ends_its_exchange() {
        let exchanges = Exchanges::new();
        let state = exchanges.watch();
        let whole: Vec<u8> = (0..40_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        let mut body = exchanges.begin(Version::HTTP_11).answer(Response::new(full(whole.clone()))).into_body();
        let mut read = Vec::new();
        while !body.is_end_stream() {
            assert_eq!(body.size_hint().exact(), Some((whole.len() - read.len()) as u64));
            let data = body.frame().await.expect("a frame").expect("whole").into_data().expect("data");
            assert!(data.len() <= FRAME_BYTES);
            read.extend_from_slice(&data);
        }
        assert_eq!(read, whole);
        assert_eq!(state.borrow().open, 1);
        drop(body);
        assert_eq!(state.borrow().open, 0);
    }
}
