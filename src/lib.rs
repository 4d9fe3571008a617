//! nova-cascade: one Nova endpoint on top of many OpenStack regions.
//!
//! Calls go one way: [`stack`] -> [`api`] -> [`cascade`] -> ([`selector`] | [`regions`] | [`db`]); [`sync`] ->
//! ([`regions`] | [`db`]). Handlers know no SQL and no URL.

pub mod api;
pub mod app;
pub mod cascade;
pub mod cli;
pub mod config;
pub mod db;
pub mod error;
pub mod http_body;
pub mod identity;
pub mod layers;
pub mod metrics;
pub mod microversion;
pub mod query;
pub mod regions;
pub mod routes;
pub mod selector;
pub mod serve;
pub mod stack;
pub mod sync;
pub mod views;
