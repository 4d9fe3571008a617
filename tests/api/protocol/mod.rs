//! What holds for every route: who asks, which version, how much, and what is said back.

mod auth;
mod faults;
mod headers;
mod limits;
mod microversions;
mod secrets;
