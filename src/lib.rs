//! nova-cascade: one Nova endpoint on top of many OpenStack regions.
pub mod config;
pub mod db;
pub mod error;
pub mod http_body;
pub mod microversion;
