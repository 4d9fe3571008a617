//! Regions and boots for unit tests.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Ask, Facts, HintedRegions};
use crate::config;
use crate::db::flavors::Flavor;
use crate::db::regions::{RegionRow, state};
use crate::microversion::MIN;
use crate::regions::Region;
use crate::regions::fair_queue::FairQueue;
use crate::regions::health::Health;

/// An enabled region whose id is its name in lower case.
pub(crate) fn region(name: &str) -> Arc<Region> {
    region_with(name, |_| {})
}

/// The same, registered otherwise.
pub(crate) fn region_with(name: &str, change: impl FnOnce(&mut RegionRow)) -> Arc<Region> {
    let mut row = RegionRow {
        id: name.to_lowercase(),
        name: name.into(),
        keystone_region: name.into(),
        realm: "default".into(),
        state: state::ENABLED.into(),
        microversion_max: "2.104".into(),
        compute_url: String::new(),
        network_url: String::new(),
        image_url: String::new(),
        seq: 0,
        created_at: 0,
        placement_url: String::new(),
        volume_url: String::new(),
        weight: 0,
        same_as: String::new(),
    };
    change(&mut row);
    let health = Arc::new(Health::new(&config::Region::default()));
    Arc::new(Region { row, health, permits: Arc::new(FairQueue::new(1, 1)), guard: Arc::default() })
}

/// Such a region, nothing of it asked yet.
pub(crate) fn facts(name: &str) -> Facts {
    Facts::unasked(region(name))
}

/// The smallest flavor.
pub(crate) fn flavor() -> Flavor {
    Flavor {
        serial: 0,
        id: "1".into(),
        name: "m1.tiny".into(),
        vcpus: 1,
        ram_mb: 512,
        disk_gb: 1,
        ephemeral_gb: 0,
        swap_mb: 0,
        rxtx_factor: 1.0,
        is_public: true,
        disabled: false,
        description: None,
        extra_specs: "{}".into(),
        created_at: 0,
        updated_at: None,
        revision: 0,
    }
}

/// A boot that names nothing.
pub(crate) fn ask() -> Ask {
    Ask {
        project_id: "p".into(),
        microversion: MIN,
        flavor: flavor(),
        boots_from_volume: false,
        named: Vec::new(),
        zone: None,
        group: None,
        same_host: Vec::new(),
        hinted: HintedRegions::default(),
        rules: Vec::new(),
        project_servers: BTreeMap::new(),
        ahead: BTreeMap::new(),
    }
}
