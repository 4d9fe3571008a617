//! What holds for every route: who asks, which version, how much, and what is said back.

mod auth;
mod connections;
mod faults;
mod headers;
mod http2;
mod limits;
mod links;
mod microversions;
mod slow_clients;
