//! What is known of one region for one boot.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::Ask;
use super::capacity::{Capacity, Room};
use super::failures::Recent;
use super::kinds::Kind;
use super::visibility::Asker;
use crate::regions::Region;

/// Whether a region has a thing for this project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Has {
    /// Under this id.
    Yes(String),
    /// Not at all.
    No,
    /// The region could not be asked.
    Unknown(String),
    /// The region did not accept the user's token for the question.
    Unauthorized(String),
}

/// One region and what it has of what the boot needs.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The region.
    pub region: Arc<Region>,
    /// Live servers of the top there when the selection began: those of the same request count by themselves.
    pub servers: i64,
    /// By kind and by what the user named.
    pub has: BTreeMap<(Kind, String), Has>,
    /// For servers of the flavor.
    pub room: Room,
    /// Zones there in which a nova-compute is up, an entry for each; none: not known.
    pub computes: Option<Vec<String>>,
    /// Boots of the flavor that failed there.
    pub failures: Recent,
}

impl Facts {
    /// Nothing asked yet.
    #[must_use]
    pub fn unasked(region: Arc<Region>) -> Self {
        Self {
            servers: region.health.servers(),
            region,
            has: BTreeMap::new(),
            room: Room::Unknown,
            computes: None,
            failures: Recent::default(),
        }
    }

    /// What the region calls a thing that the user named; none where it has none.
    #[must_use]
    pub fn local(&self, kind: Kind, named: &str) -> Option<&str> {
        match self.has.get(&(kind, named.to_owned()))? {
            Has::Yes(id) => Some(id),
            Has::No | Has::Unknown(_) | Has::Unauthorized(_) => None,
        }
    }

    /// Asks for everything the boot names, and for room where `capacity` is given, all at once.
    pub(super) async fn ask(mut self, ask: &Ask, asker: &Asker<'_>, capacity: Option<&Capacity>) -> Self {
        let region = self.region.clone();
        let each = ask.named.iter().map(|(kind, named)| {
            let region = &region;
            async move { ((*kind, named.clone()), asker.has(region, *kind, named).await) }
        });
        let (has, (room, computes)) =
            tokio::join!(futures_util::future::join_all(each), room(&region, ask, asker.timeout, capacity),);
        self.has = has.into_iter().collect();
        (self.room, self.computes) = (room, computes);
        self
    }
}

async fn room(
    region: &Arc<Region>,
    ask: &Ask,
    wait: Duration,
    capacity: Option<&Capacity>,
) -> (Room, Option<Vec<String>>) {
    let Some(capacity) = capacity else { return (Room::Unknown, None) };
    tokio::join!(capacity.room(region, &ask.flavor, ask.boots_from_volume, wait), capacity.computes(region, wait))
}
