//! The route table: every operation as one row of data. Router, policy, microversion gate, metrics label, api-ref and
//! the tests that walk all routes read it.

use std::ops::RangeInclusive;

use futures_util::future::BoxFuture;
use http::{Method, Response};

use crate::api::Call;
use crate::error::ApiResult;
use crate::http_body::Body;
use crate::identity::policy::Rule;
use crate::microversion::{Microversion, v2};
use crate::query::Query;

mod api_ref;
mod find;
mod row;
mod table;

pub use api_ref::api_ref;
pub use find::{Found, Matched, Table, folded};
pub use table::routes;

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Answered on top from what the top owns.
    Owned,
    /// Answered on top over all regions.
    Merged,
    /// Placed in a region.
    Scheduled,
    /// Forwarded to the server's region.
    Routed,
    /// Forwarded to the region that has the object.
    Proxied,
    /// Answered on top; Nova has no such route.
    Own,
    /// Nova has removed it: 410.
    Gone,
}

/// Whose project a rule is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Nobody's: no server and no project; or what the handler finds.
    None,
    /// The caller's own.
    Caller,
    /// The project named `{project_id}` in the path.
    Project,
    /// The user that query or body names: the handler asks the rule.
    User,
    /// That of the server named `{server_id}` in the path.
    Server,
    /// As `Server`; from 2.21 on that of a deleted one too.
    DeletedServer,
    /// As `Server`; Nova asks its mapping of servers to cells first, and says so of one that is not there.
    MappedServer,
    /// As `MappedServer`, but whoever's it is: Nova holds the rule against the mapping's project.
    AnyServer,
}

/// What a change does to the row of its server (D3, D4). The row is unsettled from before the request leaves until a
/// round that began after its answer has seen the server, at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsettles {
    /// Nothing that a view shows.
    Nothing,
    /// What the region's list tells, since `updated` moves.
    Round,
    /// What `updated` does not tell of: a single show follows.
    Show,
    /// What goes on after the answer without a task state: shows follow until it is seen, for 60 s at most.
    Until(Effect),
}

/// The end of a change that shows no task state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The volume in the path is no longer attached.
    VolumeGone,
    /// The volume in the body is attached.
    VolumeThere,
    /// The addresses of the port in the path are gone.
    PortGone,
    /// The server has left the status `VERIFY_RESIZE`.
    ResizeConfirmed,
}

impl Unsettles {
    /// Seconds that the row counts as unsettled at least, unless the effect is seen before.
    #[must_use]
    pub const fn hold_s(self) -> i64 {
        match self {
            Self::Nothing => 0,
            Self::Round | Self::Show => 1,
            Self::Until(_) => 60,
        }
    }
}

/// What Nova's schema lets pass of a route's query. Nova holds every query against it before it asks whether there is what
/// the path names and whether the caller may: its 400 comes before 404 and 403.
#[derive(Clone, Copy, Debug)]
pub struct Parameters {
    /// The parameters that there are.
    pub names: &'static [&'static str],
    /// First minor version that refuses others.
    pub closed_since: u16,
    /// Those among them that are numbers.
    pub numbers: &'static [&'static str],
    /// First minor version at which these must be numbers.
    pub numbers_since: u16,
}

impl Parameters {
    /// Holds a query against them.
    ///
    /// # Errors
    /// 400 in Nova's words.
    pub fn check(&self, query: &Query, version: Microversion) -> ApiResult<()> {
        if version >= v2(self.numbers_since) {
            for name in self.numbers {
                query.number(name)?;
            }
        }
        query.refuse_unknown(version, self.closed_since, |key| self.names.contains(&key))
    }
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
    /// For changes of a server: what they do to its row. Actions have their own (`api::servers::action`).
    pub unsettles: Unsettles,
    /// Answers without a token, and whatever the method: in Nova it is in front of the router.
    pub public: bool,
    /// What may stand in its query; none: anything, or what the handler says.
    pub query: Option<Parameters>,
    /// Parameters of the path that are secrets: a path is logged with their names in their place ([`Table::shown`]).
    pub secrets: &'static [&'static str],
    /// The code.
    pub handler: Handler,
    /// One line for api-ref: what it does here and how that differs from one Nova.
    pub note: &'static str,
}
