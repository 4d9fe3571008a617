//! The route table: every operation as one row of data. Router, policy, microversion gate, metrics label, api-ref and
//! the tests that walk all routes read it.

use std::ops::RangeInclusive;

use futures_util::future::BoxFuture;
use http::{Method, Response};

use crate::api::Call;
use crate::error::ApiResult;
use crate::http_body::Body;
use crate::identity::policy::Rule;
use crate::microversion::Microversion;

mod api_ref;
mod find;
mod table;

pub use api_ref::api_ref;
pub use find::{Found, Matched, Table};
pub use table::ROUTES;

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Answered on top from what the top owns.
    Owned,
    /// Answered on top from rows the sync keeps.
    Merged,
    /// Placed in a region.
    Scheduled,
    /// Forwarded to the server's region.
    Routed,
}

/// Whose project a rule is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Nobody's: no rule applies.
    None,
    /// The caller's own.
    Caller,
    /// That of the server named `{server_id}` in the path.
    Server,
}

/// Answers one request.
pub type Handler = fn(Call) -> BoxFuture<'static, ApiResult<Response<Body>>>;

/// One operation.
pub struct Route {
    /// HTTP method.
    pub method: &'static Method,
    /// Path behind `/v2.1` or `/v2.1/{project_id}`.
    pub path: &'static str,
    /// Microversions at which it exists.
    pub versions: RangeInclusive<Microversion>,
    /// Who answers.
    pub class: Class,
    /// The rule asked before the handler; finer rules are asked in it.
    pub rule: Option<Rule>,
    /// What the rule is held against.
    pub target: Target,
    /// For changes of a server: seconds its row counts as unsettled at least; a round ends it after that.
    pub hold_s: u64,
    /// Answers without a token.
    pub public: bool,
    /// The code.
    pub handler: Handler,
    /// One line for api-ref: what it does here and how that differs from one Nova.
    pub note: &'static str,
}
