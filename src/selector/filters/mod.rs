//! Filters, one a file.

mod availability_zone;
mod capacity;
mod enabled;
mod extra_specs;
mod image;
mod microversion;
mod network;
mod project;
mod recent_failures;
mod scheduler_hints;
mod security_group;
mod server_group;
mod up;
mod volume;

use super::Ask;
use super::facts::{Facts, Has};
use super::kinds::Kind;

/// How a reason counts when no region is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The region could not be asked now: 503.
    Unreachable,
    /// The region will not do for this boot: 400.
    Unfit,
    /// The region would do and has no host for it now: as in Nova, the boot is accepted and ends in ERROR.
    Full,
    /// The region did not accept the user's token: 401.
    Unauthorized,
}

/// When a filter judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// First, by what the top knows.
    Known,
    /// By what the regions said when they were asked for this boot.
    Asked,
    /// Last, and only where it leaves a region: it tells what is better, not what is impossible.
    Yielding,
}

impl Stage {
    /// All, in their order.
    pub const ALL: [Self; 3] = [Self::Known, Self::Asked, Self::Yielding];
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

    /// It does not accept the user's token.
    #[must_use]
    pub fn unauthorized(text: impl Into<String>) -> Self {
        Self { text: text.into(), why: Why::Unauthorized }
    }

    /// It has no host for it now.
    #[must_use]
    pub fn full(text: impl Into<String>) -> Self {
        Self { text: text.into(), why: Why::Full }
    }
}

/// Takes regions out.
pub trait Filter: Send + Sync {
    /// Its name in the configuration.
    fn name(&self) -> &'static str;

    /// When it judges.
    fn stage(&self) -> Stage {
        Stage::Known
    }

    /// True where it judges by the region's room and services.
    fn needs_room(&self) -> bool {
        false
    }

    /// Passes the region or says why not.
    ///
    /// # Errors
    /// The reason.
    fn check(&self, ask: &Ask, facts: &Facts) -> Result<(), Reason>;
}

/// All there are.
pub const ALL: [&dyn Filter; 14] = [
    &enabled::Enabled,
    &up::Up,
    &project::Project,
    &microversion::Microversion,
    &availability_zone::AvailabilityZone,
    &scheduler_hints::SchedulerHints,
    &server_group::ServerGroup,
    &network::Network,
    &image::Image,
    &security_group::SecurityGroup,
    &volume::Volume,
    &extra_specs::ExtraSpecs,
    &capacity::Capacity,
    &recent_failures::RecentFailures,
];

/// Passes where the region has all of them.
fn require(kinds: &[Kind], facts: &Facts) -> Result<(), Reason> {
    for ((kind, id), has) in facts.has.iter().filter(|((kind, _), _)| kinds.contains(kind)) {
        match has {
            Has::Yes(_) => {}
            Has::No => return Err(Reason::unfit(format!("it has no {} {id} for this project", kind.words()))),
            Has::Unknown(reason) => return Err(Reason::unreachable(reason)),
            Has::Unauthorized(reason) => return Err(Reason::unauthorized(reason)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selector::fixtures::{ask, facts};

    #[test]
    fn what_is_named_must_be_there_and_what_cannot_be_asked_is_said() {
        let mut facts = facts("A");
        facts.has.insert((Kind::Network, "n".into()), Has::Yes("m".into()));
        facts.has.insert((Kind::Volume, "v".into()), Has::No);
        facts.has.insert((Kind::SecurityGroup, "s".into()), Has::No);
        facts.has.insert((Kind::Image, "i".into()), Has::Unknown("no route".into()));
        facts.has.insert((Kind::Port, "p".into()), Has::Unauthorized("expired".into()));
        let reason = network::Network.check(&ask(), &facts).expect_err("refused");
        assert_eq!((reason.text.as_str(), reason.why), ("expired", Why::Unauthorized));
        facts.has.remove(&(Kind::Port, "p".into()));
        assert!(network::Network.check(&ask(), &facts).is_ok());
        let refused = |filter: &dyn Filter| filter.check(&ask(), &facts).map_err(|reason| (reason.text, reason.why));
        assert_eq!(refused(&volume::Volume), Err(("it has no volume v for this project".into(), Why::Unfit)));
        let group = "it has no security group s for this project";
        assert_eq!(refused(&security_group::SecurityGroup), Err((group.into(), Why::Unfit)));
        assert_eq!(refused(&image::Image), Err(("no route".into(), Why::Unreachable)));
    }
}
