//! nova-cascade: one Nova endpoint on top of many `OpenStack` regions.
//!
//! Calls go one way: [`stack`] -> [`api`] -> [`cascade`] -> ([`selector`] | [`regions`] | [`db`]); [`sync`] ->
//! ([`regions`] | [`db`]). Handlers know no SQL and no URL.

#![warn(missing_docs, clippy::pedantic)]
#![deny(
    clippy::await_holding_lock,
    clippy::dbg_macro,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::todo,
    clippy::unwrap_used
)]
#![allow(clippy::module_name_repetitions, reason = "names are read where they are imported")]
#![allow(clippy::missing_errors_doc, reason = "database errors are always DbError; others are documented")]

pub mod api;
pub mod app;
pub mod cascade;
pub mod cli;
pub mod client;
pub mod config;
pub mod crypto;
pub mod db;
pub mod error;
pub mod files;
pub mod http_body;
pub mod identity;
pub mod layers;
pub mod metrics;
pub mod microversion;
pub mod pattern;
pub mod query;
pub mod regions;
pub mod routes;
pub mod selector;
pub mod serve;
pub mod stack;
pub mod sync;
pub mod tls;
pub mod views;
