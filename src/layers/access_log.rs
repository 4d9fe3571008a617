//! One line a request, at its end, also where it failed; and the metrics by route template.

use std::sync::Arc;
use std::time::Instant;

use http::{Method, Request};
use tracing::Instrument as _;
use tracing::field::Empty;

use super::request_id::Trail;
use super::{HttpResult, Next};
use crate::client::Client;
use crate::error::Detail;
use crate::http_body::Body;
use crate::routes::Table;

/// What the metrics tell apart; clients may send any other word.
const METHODS: [Method; 7] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];

/// Logs method, path (without its secrets, and never the query: it may hold names), status, time, who and from where, and
/// both request ids.
pub async fn layer(table: Arc<Table>, request: Request<Body>, next: Next) -> HttpResult {
    let started = Instant::now();
    let trail = Trail::of(&request);
    let (method, path) = (request.method().clone(), table.shown(request.uri().path()).into_owned());
    let request_id = trail.request_id.as_str();
    let client = request.extensions().get::<Client>().map(|client| client.address.to_string()).unwrap_or_default();
    let span = tracing::info_span!("call", request_id, region = Empty, region_request_id = Empty);
    let _ = trail.span.set(span.clone());
    let response = next.run(request).instrument(span).await?;
    let status = response.status();
    let route = trail.route.get().copied().unwrap_or("(none)");
    let seconds = started.elapsed().as_secs_f64();
    let method_label = if METHODS.contains(&method) { method.as_str() } else { "OTHER" };
    let labels =
        [("method", method_label.to_owned()), ("route", route.to_owned()), ("status", status.as_u16().to_string())];
    metrics::histogram!("cascade_request_seconds", &labels).record(seconds);
    let (user_id, project_id) = trail.identity.get().map_or(("", ""), |(user, project)| (user, project));
    let (region, region_request_id) = trail.regions();
    let global_request_id = trail.global_request_id.as_deref().unwrap_or("");
    let duration_ms = seconds * 1_000.0;
    let detail = response.extensions().get::<Detail>().map_or("", |detail| detail.0.as_str());
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                target: "nova_cascade::access",
                request_id, global_request_id, %method, path, route, status = status.as_u16(),
                duration_ms, client, user_id, project_id, region, region_request_id, detail, "request"
            )
        };
    }
    if status.is_server_error() {
        line!(error);
    } else {
        line!(info);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::sync::{Arc, Mutex};

    use tower::service_fn;
    use tracing_subscriber::fmt::MakeWriter;

    use super::*;
    use crate::http_body::empty;
    use crate::layers::Http;

    /// What was logged.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("no panic").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Lines {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }

    #[tokio::test]
    async fn a_line_says_where_the_client_is() {
        let lines = Lines::default();
        let subscriber = tracing_subscriber::fmt().json().with_writer(lines.clone()).finish();
        let _guard = tracing::subscriber::set_default(subscriber);
        let mut request = Request::new(empty());
        request.extensions_mut().insert(Client::direct(IpAddr::from([192, 0, 2, 7])));
        let inner = service_fn(|_| async { Ok::<_, crate::error::Fault>(http::Response::new(empty())) });
        layer(Table::new(), request, Next(Http::new(inner))).await.expect("an answer");
        let text = String::from_utf8(lines.0.lock().expect("no panic").clone()).expect("text");
        let line: serde_json::Value = serde_json::from_str(text.trim()).expect("one line of JSON");
        assert_eq!(line["fields"]["client"], "192.0.2.7");
    }
}
