//! Filters, one a file.

mod availability_zone;
mod enabled;
mod image;
mod network;
mod scheduler_hints;
mod server_group;
mod up;

use std::collections::BTreeMap;

use super::Ask;
use super::facts::{Facts, Has};

/// How a reason counts when no region is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The region could not be asked now: 503.
    Unreachable,
    /// It would do, and has no room now: a server in ERROR, as in Nova.
    Full,
    /// The region will not do for this boot.
    Unfit,
}

/// Why a region is taken out.
#[derive(Clone, Debug)]
pub struct Reason {
    /// For the user.
    pub text: String,
    /// For the status of the answer.
    pub why: Why,
}

impl Reason {
    /// It will not do.
    #[must_use]
    pub fn unfit(text: impl Into<String>) -> Self {
        Self { text: text.into(), why: Why::Unfit }
    }

    /// It cannot be asked.
    #[must_use]
    pub fn unreachable(text: impl Into<String>) -> Self {
        Self { text: text.into(), why: Why::Unreachable }
    }

    /// It has no room.
    #[must_use]
    pub fn full(text: impl Into<String>) -> Self {
        Self { text: text.into(), why: Why::Full }
    }
}

/// Takes regions out.
pub trait Filter: Send + Sync {
    /// Its name in the configuration.
    fn name(&self) -> &'static str;

    /// True where it judges by what the regions were asked for this boot.
    fn asks_regions(&self) -> bool {
        false
    }

    /// Passes the region or says why not.
    ///
    /// # Errors
    /// The reason.
    fn check(&self, ask: &Ask, facts: &Facts) -> Result<(), Reason>;
}

/// All there are.
pub const ALL: [&dyn Filter; 7] = [
    &enabled::Enabled,
    &up::Up,
    &availability_zone::AvailabilityZone,
    &server_group::ServerGroup,
    &scheduler_hints::SchedulerHints,
    &network::Network,
    &image::Image,
];

/// Passes where the region has all of them.
fn require(kind: &str, things: &BTreeMap<String, Has>) -> Result<(), Reason> {
    for (id, has) in things {
        match has {
            Has::Yes(_) => {}
            Has::No => return Err(Reason::unfit(format!("it has no {kind} {id} for this project"))),
            Has::Unknown(reason) => return Err(Reason::unreachable(reason)),
        }
    }
    Ok(())
}
