//! The layers of the stack, one a file, each one async function around what lies inside it.

pub mod access_log;
pub mod cors;
pub mod faults;
pub mod keystone_auth;
pub mod limits;
pub mod loop_guard;
pub mod microversion;
pub mod panics;
pub mod policy;
pub mod request_id;
pub mod routing;
pub mod shares;

use std::future::Future;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use http::{Request, Response};
use tower::util::BoxCloneSyncService;
use tower::{Layer, Service, ServiceExt};

use crate::error::Fault;
use crate::http_body::Body;

/// A service of the stack, type-erased at every seam so that compile errors stay readable.
pub type Http = BoxCloneSyncService<Request<Body>, Response<Body>, Fault>;
/// What a layer's function gives.
pub type HttpResult = Result<Response<Body>, Fault>;

/// What lies inside a layer.
pub struct Next(Http);

impl Next {
    /// Passes the request on.
    ///
    /// # Errors
    /// What the inner layers want answered; [`faults`] renders it.
    pub async fn run(self, request: Request<Body>) -> HttpResult {
        self.0.oneshot(request).await
    }
}

/// A layer made of one async function `(state, request, next)`.
pub fn around<S, F, Fut>(state: S, function: F) -> Around<S, F>
where
    F: Fn(S, Request<Body>, Next) -> Fut,
{
    Around { state, function }
}

/// See [`around`].
#[derive(Clone)]
pub struct Around<S, F> {
    state: S,
    function: F,
}

impl<I, S, F, Fut> Layer<I> for Around<S, F>
where
    I: Service<Request<Body>, Response = Response<Body>, Error = Fault> + Clone + Send + Sync + 'static,
    I::Future: Send + 'static,
    S: Clone + Send + Sync + 'static,
    F: Fn(S, Request<Body>, Next) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = HttpResult> + Send + 'static,
{
    type Service = Http;

    fn layer(&self, inner: I) -> Http {
        let (state, function, inner) = (self.state.clone(), self.function.clone(), BoxCloneSyncService::new(inner));
        BoxCloneSyncService::new(AroundService { state, function, inner })
    }
}

#[derive(Clone)]
struct AroundService<S, F> {
    state: S,
    function: F,
    inner: Http,
}

impl<S, F, Fut> Service<Request<Body>> for AroundService<S, F>
where
    S: Clone,
    F: Fn(S, Request<Body>, Next) -> Fut,
    Fut: Future<Output = HttpResult> + Send + 'static,
{
    type Response = Response<Body>;
    type Error = Fault;
    type Future = BoxFuture<'static, HttpResult>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        // Every layer is always ready: limits are kept inside `limits`, which answers instead of waiting.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        Box::pin((self.function)(self.state.clone(), request, Next(self.inner.clone())))
    }
}
