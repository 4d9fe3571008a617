//! What holds for every route: who asks, which version, how much, and what is said back.

mod access_rules;
mod auth;
mod connections;
mod cors;
mod encodings;
mod faults;
mod headers;
mod http2;
mod identity_limits;
mod limits;
mod links;
mod loops;
mod microversions;
mod order;
mod secrets;
mod service_token;
mod shares;
mod slow_clients;

pub use service_token::only_nova_saw_service_tokens;
