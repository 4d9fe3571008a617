//! The simulator's own tests, as a test binary.

#[path = "mod.rs"]
mod sim;

mod selftest;
