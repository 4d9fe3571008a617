//! The way of one request: fault, body, effect, answer.

use std::io::{self, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use http::{Request, Response, header};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep};

use super::faults::{Coding, Faults, Kind, Service};
use super::http::{Req, Resp, parse_query};
use super::journal::Journal;

/// A simulated service.
pub trait App: Send + Sync + 'static {
    /// Which kind of service this is.
    fn service(&self) -> Service;
    /// Its record of requests.
    fn journal(&self) -> &Journal;
    /// The template of the route that a path falls on.
    fn route(&self, path: &str) -> Option<String>;
    /// Does what is asked, without waiting for anything.
    fn handle(&self, req: &Req) -> Resp;
    /// A fault in the service's own form.
    fn fault(&self, req: &Req, status: u16, message: &str) -> Resp;
}

/// Takes one request through its faults to its answer. An error closes the connection.
pub async fn answer(
    app: Arc<dyn App>,
    faults: Arc<Faults>,
    base: Arc<str>,
    request: Request<Incoming>,
) -> io::Result<Response<Payload>> {
    let (head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    let (lens, kind) = faults.take(app.service(), &head.method, &path);
    let mut req = Req {
        query: parse_query(head.uri.query().unwrap_or_default()),
        method: head.method,
        path,
        headers: head.headers,
        body: Bytes::new(),
        base: base.to_string(),
        lens,
    };
    if kind != Some(Kind::CloseBeforeBody) {
        req.body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    }
    let route = app.route(&req.path);
    app.journal().record(&req, route.as_deref());
    let method = req.method.clone();
    // A task of its own: a real region goes on with what it was asked when its client goes away.
    let work = tokio::spawn(async move {
        let outcome = effect(&*app, &req, kind).await;
        if let Outcome::Whole(resp) = &outcome {
            app.journal().answered(method.as_str(), route.as_deref(), resp.body.len());
        }
        outcome
    });
    let outcome = work.await.map_err(io::Error::other)?;
    match outcome {
        Outcome::Whole(resp) => Ok(into_response(resp, false)),
        Outcome::Half(resp) => Ok(into_response(resp, true)),
        Outcome::Close => Err(io::Error::other("closed by a fault")),
        Outcome::Hang => std::future::pending().await,
    }
}

enum Outcome {
    Whole(Resp),
    Half(Resp),
    Close,
    Hang,
}

async fn effect(app: &dyn App, req: &Req, kind: Option<Kind>) -> Outcome {
    match kind {
        None | Some(Kind::HideServers(_) | Kind::DownCell(_) | Kind::Reverse | Kind::BuildRequests) => {
            Outcome::Whole(app.handle(req))
        }
        Some(Kind::Answer(status, message)) => Outcome::Whole(app.fault(req, status, message)),
        Some(Kind::Garbage(status, body)) => Outcome::Whole(Resp::text(status, "text/html", body)),
        Some(Kind::NotFound) => Outcome::Whole(app.fault(req, 404, "The resource could not be found.")),
        Some(Kind::CloseBeforeBody | Kind::CloseBeforeEffect) => Outcome::Close,
        Some(Kind::CloseAfterEffect) => {
            app.handle(req);
            Outcome::Close
        }
        Some(Kind::AnswerAfterEffect(status, message)) => {
            app.handle(req);
            Outcome::Whole(app.fault(req, status, message))
        }
        Some(Kind::DelayBefore(time)) => {
            sleep(time).await;
            Outcome::Whole(app.handle(req))
        }
        Some(Kind::DelayAfter(time)) => {
            let resp = app.handle(req);
            sleep(time).await;
            Outcome::Whole(resp)
        }
        Some(Kind::Hang) => Outcome::Hang,
        Some(Kind::HangAfter) => {
            app.handle(req);
            Outcome::Hang
        }
        Some(Kind::Cut) => Outcome::Half(app.handle(req)),
        Some(Kind::Compress(coding)) => Outcome::Whole(compressed(app.handle(req), coding)),
        Some(Kind::CompressIfAccepted) => {
            let accepted = req.header("accept-encoding").is_none_or(|codings| codings.contains("gzip"));
            let resp = app.handle(req);
            Outcome::Whole(if accepted { compressed(resp, Coding::Gzip) } else { resp })
        }
    }
}

fn compressed(resp: Resp, coding: Coding) -> Resp {
    if resp.body.is_empty() {
        return resp;
    }
    let (name, body) = match coding {
        Coding::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(&resp.body).unwrap();
            ("gzip", encoder.finish().unwrap())
        }
        Coding::Deflate => {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(&resp.body).unwrap();
            ("deflate", encoder.finish().unwrap())
        }
        Coding::Unknown => ("br", resp.body.iter().rev().copied().collect()),
    };
    Resp { body: body.into(), ..resp }.with("content-encoding", name)
}

fn into_response(resp: Resp, cut: bool) -> Response<Payload> {
    let length = resp.body.len();
    let body = if cut { resp.body.slice(..length / 2) } else { resp.body };
    let mut response = Response::new(Payload { data: Some(body), cut: cut.then(|| Box::pin(sleep(FLUSH))) });
    *response.status_mut() = resp.status;
    *response.headers_mut() = resp.headers;
    if resp.status != http::StatusCode::NO_CONTENT {
        response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    }
    response
}

/// How long a cut answer stays open, so that its first half is surely sent.
const FLUSH: Duration = Duration::from_millis(20);

/// A body, possibly one that breaks off.
#[derive(Debug)]
pub struct Payload {
    data: Option<Bytes>,
    cut: Option<Pin<Box<Sleep>>>,
}

impl Body for Payload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(data) = self.data.take().filter(|data| !data.is_empty()) {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        let Some(pause) = self.cut.as_mut() else {
            return Poll::Ready(None);
        };
        std::task::ready!(pause.as_mut().poll(cx));
        Poll::Ready(Some(Err(io::Error::other("cut by a fault"))))
    }

    fn size_hint(&self) -> SizeHint {
        match (&self.cut, &self.data) {
            (None, data) => SizeHint::with_exact(data.as_ref().map_or(0, |d| d.len() as u64)),
            (Some(_), _) => SizeHint::default(),
        }
    }
}
