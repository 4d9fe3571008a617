//! The regions below: which there are, how they are, and the two ways to them. Background work goes with the service
//! account ([`service`]), a user's request with the user's own token ([`upstream`], [`forward`]).

pub mod breaker;
mod clients;
pub mod discovery;
mod encoding;
mod error;
pub mod fair_queue;
pub mod forward;
pub mod health;
mod logins;
pub mod loop_guard;
pub mod nova;
pub mod registry;
pub mod service;
pub mod upstream;
pub mod user;

pub use error::{CallError, Sent};
pub use registry::{Region, Registry};
pub use service::{Answer, ServiceAccount, ServiceRequest};
pub use upstream::Upstream;
pub use user::UserApi;
