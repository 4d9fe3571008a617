//! Who asks: Keystone tokens, access rules, and what a policy rule lets them do.

pub mod access_rules;
pub mod keystone;
pub mod policy;
mod token;

pub use token::{Identity, Scope, TokenText};
