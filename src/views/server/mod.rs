//! A server as clients see it: the stored document of its region, field by field through one table ([`fields`]).
//!
//! The document is never parsed into a tree: its top-level values stay the bytes they are and are copied out, so that
//! a list costs little more than the bytes it sends.

mod awaited;
pub mod document;
mod fields;
mod render;

use super::links::Links;
use crate::microversion::Microversion;

pub use awaited::Awaited;
pub use render::{Aside, basic, detail};

/// Which document is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// In `GET /servers/detail`.
    Detail,
    /// `GET /servers/{id}`.
    Show,
    /// Answer to `PUT /servers/{id}`.
    Update,
    /// Answer to the action `rebuild`.
    Rebuild,
}

/// For whom a document is made.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is the answer of one policy rule")]
pub struct Audience<'a> {
    /// The microversion spoken.
    pub version: Microversion,
    /// May see host, instance name and the like.
    pub extended: bool,
    /// May see the host's status.
    pub host_status: bool,
    /// May see extra specs in the flavor.
    pub extra_specs: bool,
    /// `context.is_admin`: sees a fault's details.
    pub admin: bool,
    /// Links of the answer.
    pub links: &'a Links,
}
