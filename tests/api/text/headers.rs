//! Headers that no well-behaved client sends.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Request};
use http_body_util::Empty;

use crate::support::{Database, World, on_each_database, send};

on_each_database!(headers_of_any_bytes);

const NAMES: [&str; 14] = [
    "x-auth-token",
    "x-service-token",
    "openstack-api-version",
    "x-openstack-nova-api-version",
    "x-openstack-request-id",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-host",
    "forwarded",
    "host",
    "accept",
    "content-type",
    "user-agent",
    "x-roles",
];

async fn headers_of_any_bytes(database: Arc<Database>) {
    let world = World::start(&database).await;
    let server = world.boot("RegionOne", "web").await;
    let token = world.cloud.token("demo");
    // The list is the top's, diagnostics are the region's.
    for path in ["/v2.1/servers/detail".to_owned(), format!("/v2.1/servers/{server}/ips")] {
        for name in NAMES {
            for value in [
                "x".repeat(300).into_bytes(),
                vec![b'x'; 20_000],
                b"".to_vec(),
                b"\xf0\x9f\x98\x80".to_vec(),
                b"\xff".to_vec(),
            ] {
                let mut request = Request::get(&path).body(Empty::<Bytes>::new()).expect("a request");
                let headers = request.headers_mut();
                headers.insert("host", HeaderValue::from_static("top"));
                headers.insert("x-auth-token", HeaderValue::from_str(&token).expect("a token"));
                headers.insert(name, HeaderValue::from_bytes(&value).expect("bytes"));
                let answer = send(&world.top.url, request).await;
                let answer = answer.unwrap_or_else(|error| panic!("{name} of {} bytes: {error}", value.len()));
                assert!(answer.status < 500, "{name} of {} bytes: {answer:?}", value.len());
                let unknown = [401, 431].contains(&answer.status);
                assert!(unknown || name != "x-auth-token", "{name} of {} bytes: {answer:?}", value.len());
            }
        }
    }
}
