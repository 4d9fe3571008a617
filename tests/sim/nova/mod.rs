//! A region's Nova.

mod actions;
mod boot;
mod call;
mod control;
mod create;
mod fault;
mod filter;
mod flavor;
mod flavor_admin;
mod info;
mod instance_actions;
mod keypairs;
mod list;
mod nics;
mod page;
mod quota;
mod routes;
mod server;
mod server_groups;
mod servers;
mod state;
mod status;
mod version;
mod view;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, Weak};

pub use self::boot::{BootOutcome, Pace};
pub use self::create::Created;
pub use self::flavor::Flavor;
pub use self::keypairs::KeyPair;
pub use self::server::Server;
pub use self::server_groups::ServerGroup;
use self::state::State;
use super::clock::Clock;
use super::glance::Glance;
use super::journal::Journal;
use super::keystone::Keystone;
use super::neutron::Neutron;
use super::placement::Placement;

/// Nova 34's newest microversion.
const NEWEST: u32 = 104;

/// What tests may set.
#[derive(Debug)]
struct Settings {
    max_minor: u32,
    boots: Pace,
    changes: Pace,
    deletes: Pace,
    outcomes: VecDeque<BootOutcome>,
    zones: Vec<String>,
    closed_zones: Vec<String>,
    hosts: Vec<String>,
    /// Hosts whose nova-compute does not report.
    silent_hosts: Vec<String>,
    quota_instances: Option<usize>,
    class_limits: serde_json::Map<String, serde_json::Value>,
}

impl Settings {
    /// The zone of the host in this place: they take turns.
    fn zone_of(&self, place: usize) -> &str {
        self.zones.get(place % self.zones.len().max(1)).map_or("", String::as_str)
    }
}

/// A region's Nova: its state, and the neighbours that it calls.
pub struct Nova {
    me: Weak<Nova>,
    keystone: Arc<Keystone>,
    neutron: Arc<Neutron>,
    glance: Arc<Glance>,
    placement: Arc<Placement>,
    clock: Arc<Clock>,
    settings: Mutex<Settings>,
    state: Mutex<State>,
    flavors: Mutex<BTreeMap<String, Arc<Flavor>>>,
    keypairs: Mutex<Vec<KeyPair>>,
    groups: Mutex<Vec<ServerGroup>>,
    created: Mutex<Vec<Created>>,
    journal: Journal,
    router: matchit::Router<Vec<usize>>,
}

impl Nova {
    /// A Nova with two hosts, one zone `nova` and three public flavors.
    pub fn new(
        region: &str,
        keystone: &Arc<Keystone>,
        neutron: &Arc<Neutron>,
        glance: &Arc<Glance>,
        placement: &Arc<Placement>,
        clock: &Arc<Clock>,
    ) -> Arc<Self> {
        let flavors = [
            Flavor::new("1", "m1.tiny", 1, 512, 1),
            Flavor::new("2", "m1.small", 1, 2048, 20),
            Flavor::new("3", "m1.medium", 2, 4096, 40),
        ];
        let host = |number: u8| format!("{}-host-{number}", region.to_lowercase());
        let settings = Settings {
            max_minor: NEWEST,
            boots: Pace::AtOnce,
            changes: Pace::AtOnce,
            deletes: Pace::AtOnce,
            outcomes: VecDeque::new(),
            zones: vec!["nova".into()],
            closed_zones: Vec::new(),
            hosts: vec![host(1), host(2)],
            silent_hosts: Vec::new(),
            quota_instances: None,
            class_limits: serde_json::Map::new(),
        };
        Arc::new_cyclic(|me| Self {
            me: Weak::clone(me),
            keystone: Arc::clone(keystone),
            neutron: Arc::clone(neutron),
            glance: Arc::clone(glance),
            placement: Arc::clone(placement),
            clock: Arc::clone(clock),
            settings: Mutex::new(settings),
            state: Mutex::default(),
            flavors: Mutex::new(flavors.into_iter().map(|f| (f.id.clone(), Arc::new(f))).collect()),
            keypairs: Mutex::default(),
            groups: Mutex::default(),
            created: Mutex::default(),
            journal: Journal::default(),
            router: routes::router(),
        })
    }

    fn now(&self) -> i64 {
        self.clock.now_s()
    }

    /// The newest microversion's minor number.
    pub fn max_minor(&self) -> u32 {
        self.settings.lock().unwrap().max_minor
    }

    /// A flavor by id.
    pub fn flavor(&self, id: &str) -> Option<Arc<Flavor>> {
        self.flavors.lock().unwrap().get(id).cloned()
    }
}
