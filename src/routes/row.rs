//! How rows are written down.

use http::Method;

use super::{Class, Handler, Parameters, Route, Target, Unsettles};
use crate::identity::policy::Rule;
use crate::microversion::{MAX_KNOWN, MIN, v2};

pub(super) const GET: &Method = &Method::GET;
pub(super) const POST: &Method = &Method::POST;
pub(super) const PUT: &Method = &Method::PUT;
pub(super) const DELETE: &Method = &Method::DELETE;

/// An async function as a [`Handler`].
macro_rules! handler {
    ($($path:ident)::+) => {
        |call| Box::pin($($path)::+(call))
    };
}
pub(super) use handler;

/// A row for everyone who has a token, at every microversion, that touches no server.
pub(super) const fn row(class: Class, method: &'static Method, path: &'static str, handler: Handler) -> Route {
    Route {
        method,
        path,
        versions: MIN..=MAX_KNOWN,
        class,
        rule: None,
        target: Target::None,
        unsettles: Unsettles::Nothing,
        public: false,
        query: None,
        secrets: &[],
        handler,
        note: match class {
            Class::Owned => "Answered from what the top owns.",
            Class::Merged => "Merged over all regions.",
            Class::Scheduled => "Placed in a region.",
            Class::Routed => "Forwarded to the server's region.",
            Class::Proxied => "Forwarded to the region that has it.",
            Class::Own => "The top's own.",
            Class::Gone => "410: Nova has removed it.",
        },
    }
}

impl Route {
    /// The first 2.x version that has it.
    pub(super) const fn since(mut self, minor: u16) -> Self {
        self.versions = v2(minor)..=*self.versions.end();
        self
    }

    /// The last 2.x version that has it.
    pub(super) const fn until(mut self, minor: u16) -> Self {
        self.versions = *self.versions.start()..=v2(minor);
        self
    }

    /// The rule, held against the caller's own project.
    pub(super) const fn rule(mut self, rule: Rule) -> Self {
        self.rule = Some(rule);
        self.target = Target::Caller;
        self
    }

    /// The rule, held against the project that the path names.
    pub(super) const fn of_project(mut self, rule: Rule) -> Self {
        self.rule = Some(rule);
        self.target = Target::Project;
        self
    }

    /// The rule, held by the handler against the user that query or body names.
    pub(super) const fn of_user(mut self, rule: Rule) -> Self {
        self.rule = Some(rule);
        self.target = Target::User;
        self
    }

    /// The rule, held by the handler against the project of what it finds (`Call::require`).
    pub(super) const fn of_found(mut self, rule: Rule) -> Self {
        self.rule = Some(rule);
        self
    }

    /// The rule, held against the project of the path's server.
    pub(super) const fn of_server(mut self, rule: Rule) -> Self {
        self.rule = Some(rule);
        self.target = Target::Server;
        self
    }

    /// Finds deleted servers too, as Nova's instance actions do from 2.21 on.
    pub(super) const fn deleted_too(mut self) -> Self {
        self.target = Target::DeletedServer;
        self
    }

    /// Asks the rule of any server, as Nova's tags and shares do.
    pub(super) const fn of_any_server(mut self) -> Self {
        self.target = Target::AnyServer;
        self
    }

    /// See [`Unsettles`].
    pub(super) const fn unsettles(mut self, what: Unsettles) -> Self {
        self.unsettles = what;
        self
    }

    /// Answers without a token.
    pub(super) const fn public(mut self) -> Self {
        self.public = true;
        self
    }

    /// From this minor version on no other parameters of the query pass.
    pub(super) const fn query(mut self, closed_since: u16, names: &'static [&'static str]) -> Self {
        self.query = Some(Parameters { names, closed_since, numbers: &[], numbers_since: 1 });
        self
    }

    /// Parameters that are numbers from this minor version on; behind [`Route::query`].
    pub(super) const fn numbers(mut self, numbers_since: u16, numbers: &'static [&'static str]) -> Self {
        if let Some(query) = self.query {
            self.query = Some(Parameters { numbers, numbers_since, ..query });
        }
        self
    }

    /// See [`Route::secrets`].
    pub(super) const fn secrets(mut self, names: &'static [&'static str]) -> Self {
        self.secrets = names;
        self
    }

    /// Its line in api-ref.
    pub(super) const fn note(mut self, note: &'static str) -> Self {
        self.note = note;
        self
    }
}
