//! The rows.

use std::ops::RangeInclusive;

use http::Method;

use super::{Class, Handler, Route, Target};
use crate::api::{flavors, servers, versions};
use crate::identity::policy::{self, Rule};
use crate::microversion::{MAX_KNOWN, MIN, Microversion};

macro_rules! handler {
    ($($path:ident)::+) => {
        |call| Box::pin($($path)::+(call))
    };
}

const GET: &Method = &Method::GET;
const POST: &Method = &Method::POST;
const DELETE: &Method = &Method::DELETE;

const ALL: RangeInclusive<Microversion> = MIN..=MAX_KNOWN;

/// Every operation served.
pub static ROUTES: [Route; 11] = [
    Route {
        public: true,
        ..owned(
            "",
            handler!(versions::show),
            "The version document; its newest microversion is the lowest that every enabled region speaks.",
        )
    },
    merged(
        "/servers",
        policy::SERVERS_INDEX,
        Target::Caller,
        handler!(servers::index::index),
        "From the top's rows. A filter that Nova knows and this service does not yet answers 501. The marker must be a \
         server the caller may see.",
    ),
    merged(
        "/servers/detail",
        policy::SERVERS_DETAIL,
        Target::Caller,
        handler!(servers::index::detail),
        "As the list. Servers of a region that does not answer are shown as last known; from 2.69 on with status \
         UNKNOWN after region.unknown_after_s, below it with the header X-Cascade-Stale.",
    ),
    Route {
        method: POST,
        class: Class::Scheduled,
        ..merged(
            "/servers",
            policy::SERVERS_CREATE,
            Target::Caller,
            handler!(servers::create::create),
            "Boots in a region chosen by the selector; the server keeps the id its region gives it. Ids of networks, \
             images and flavors are replaced by those of the region.",
        )
    },
    merged(
        "/servers/{server_id}",
        policy::SERVERS_SHOW,
        Target::Server,
        handler!(servers::show::show),
        "From the top's row, after a fresh round over its region while something is under way.",
    ),
    Route {
        method: DELETE,
        class: Class::Routed,
        hold_s: 1,
        ..merged(
            "/servers/{server_id}",
            policy::SERVERS_DELETE,
            Target::Server,
            handler!(servers::delete::delete),
            "Forwarded to the server's region; the row stays, as deleting, until the region no longer has it.",
        )
    },
    merged(
        "/servers/{server_id}/os-interface",
        policy::INTERFACES_LIST,
        Target::Server,
        handler!(servers::interfaces::index),
        "From the ports the sync last read in the region's Neutron.",
    ),
    merged(
        "/servers/{server_id}/os-interface/{port_id}",
        policy::INTERFACES_SHOW,
        Target::Server,
        handler!(servers::interfaces::show),
        "From the ports the sync last read in the region's Neutron.",
    ),
    owned("/flavors", handler!(flavors::index), "The top's flavors, not the regions'."),
    owned("/flavors/detail", handler!(flavors::detail), "The top's flavors, not the regions'."),
    owned("/flavors/{flavor_id}", handler!(flavors::show), "A flavor of the top."),
];

/// A read of what the top owns, open to every token.
const fn owned(path: &'static str, handler: Handler, note: &'static str) -> Route {
    Route {
        method: GET,
        path,
        versions: ALL,
        class: Class::Owned,
        rule: None,
        target: Target::None,
        hold_s: 0,
        public: false,
        handler,
        note,
    }
}

/// A read of rows the sync keeps.
const fn merged(path: &'static str, rule: Rule, target: Target, handler: Handler, note: &'static str) -> Route {
    Route { class: Class::Merged, rule: Some(rule), target, ..owned(path, handler, note) }
}
