//! A region's Neutron.

mod nova_side;
mod records;
mod routes;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use uuid::Uuid;

pub use self::nova_side::Nic;
pub use self::records::{Network, Port, SecurityGroup};
use super::clock::Clock;
use super::journal::Journal;
use super::keystone::{Keystone, Token};

#[derive(Debug, Default)]
struct State {
    networks: BTreeMap<String, Network>,
    ports: BTreeMap<String, Port>,
    /// The ports of each device.
    devices: HashMap<String, Vec<String>>,
    groups: Vec<SecurityGroup>,
    /// Address and port by id.
    floating_ips: BTreeMap<String, (String, Option<String>)>,
    /// How many addresses were given out.
    given: u32,
}

/// Neutron's state.
pub struct Neutron {
    /// The region's number, which is the second part of its addresses.
    number: u8,
    keystone: Arc<Keystone>,
    clock: Arc<Clock>,
    state: Mutex<State>,
    journal: Journal,
}

impl Neutron {
    /// A Neutron with one network, `shared`, that every project may use.
    pub fn new(number: u8, keystone: Arc<Keystone>, clock: Arc<Clock>) -> Self {
        let neutron = Self { number, keystone, clock, state: Mutex::default(), journal: Journal::default() };
        neutron.add_network("shared", None);
        neutron
    }

    /// Adds a network: shared without a project, else of the project of that name. Its id.
    pub fn add_network(&self, name: &str, project: Option<&str>) -> String {
        let network = Network {
            id: Uuid::new_v4().to_string(),
            name: name.into(),
            project: self.keystone.project_id(project.unwrap_or("admin")),
            shared: project.is_none(),
            external: false,
            subnet_id: Uuid::new_v4().to_string(),
            cidr: format!("10.{}.0.0/16", self.number),
        };
        let id = network.id.clone();
        self.state.lock().unwrap().networks.insert(id.clone(), network);
        id
    }

    /// Removes a network; ports keep its id.
    pub fn remove_network(&self, id: &str) {
        self.state.lock().unwrap().networks.remove(id);
    }

    /// A network's id, by name.
    pub fn id_of(&self, name: &str) -> String {
        let state = self.state.lock().unwrap();
        state.networks.values().find(|net| net.name == name).map(|net| net.id.clone()).expect("a known network")
    }

    /// Adds a port that nothing uses yet, in a project by name. Its id.
    pub fn add_port(&self, network: &str, project: &str) -> String {
        let project = self.keystone.project_id(project);
        let mut state = self.state.lock().unwrap();
        let network = state.networks.get(network).cloned().expect("a known network");
        let port = self.new_port(&mut state, &network, &project);
        let id = port.id.clone();
        state.ports.insert(id.clone(), port);
        id
    }

    /// Adds a security group to a project by name. Its id.
    pub fn add_security_group(&self, name: &str, project: &str) -> String {
        let (id, project) = (Uuid::new_v4().to_string(), self.keystone.project_id(project));
        let group = SecurityGroup { id: id.clone(), name: name.into(), project };
        self.state.lock().unwrap().groups.push(group);
        id
    }

    /// Adds a floating ip that leads nowhere yet. Its id.
    pub fn add_floating_ip(&self, address: &str) -> String {
        let id = Uuid::new_v4().to_string();
        self.state.lock().unwrap().floating_ips.insert(id.clone(), (address.to_owned(), None));
        id
    }

    /// Leads a floating ip to a port, or nowhere. Nova hears of it by events, and so from the test.
    pub fn lead_floating_ip(&self, id: &str, port: Option<&str>) {
        let mut state = self.state.lock().unwrap();
        state.floating_ips.get_mut(id).expect("a known floating ip").1 = port.map(ToOwned::to_owned);
    }

    /// Puts a port into a status; its revision rises, its server's `updated` stays.
    pub fn set_port_status(&self, id: &str, status: &str) {
        self.edit_port(id, |port| status.clone_into(&mut port.status));
    }

    /// Any change of a port; its revision rises.
    pub fn edit_port(&self, id: &str, change: impl FnOnce(&mut Port)) {
        let now = self.clock.now_s();
        let mut state = self.state.lock().unwrap();
        let port = state.ports.get_mut(id).expect("a known port");
        change(port);
        port.revision += 1;
        port.updated = now;
    }

    /// A port.
    pub fn port(&self, id: &str) -> Option<Port> {
        self.state.lock().unwrap().ports.get(id).cloned()
    }

    /// All ports.
    pub fn ports(&self) -> Vec<Port> {
        self.state.lock().unwrap().ports.values().cloned().collect()
    }

    /// Removes a port.
    pub fn remove_port(&self, id: &str) -> bool {
        self.state.lock().unwrap().remove_port(id).is_some()
    }

    /// The ports of a server, in the order of their making.
    pub fn ports_of(&self, server: &str) -> Vec<Port> {
        let state = self.state.lock().unwrap();
        let ids = state.devices.get(server).into_iter().flatten();
        ids.filter_map(|id| state.ports.get(id)).cloned().collect()
    }

    /// The record of requests.
    pub fn record(&self) -> &Journal {
        &self.journal
    }

    fn new_port(&self, state: &mut State, network: &Network, project: &str) -> Port {
        state.given += 1;
        let [_, _, high, low] = (state.given + 9).to_be_bytes();
        let now = self.clock.now_s();
        Port {
            id: Uuid::new_v4().to_string(),
            name: String::new(),
            project: project.into(),
            network_id: network.id.clone(),
            subnet_id: network.subnet_id.clone(),
            mac_address: format!("fa:16:3e:{:02x}:{high:02x}:{low:02x}", self.number),
            ip_address: format!("10.{}.{high}.{low}", self.number),
            status: "DOWN".into(),
            device_id: String::new(),
            device_owner: String::new(),
            host: String::new(),
            revision: 1,
            created: now,
            updated: now,
            by_nova: false,
        }
    }

    /// The group `default`, which Neutron makes when a project is first asked about.
    fn ensure_default_group(&self, token: &Token) {
        let mut state = self.state.lock().unwrap();
        let own = |group: &SecurityGroup| group.project == token.project_id() && group.name == "default";
        if !state.groups.iter().any(own) {
            let (id, project) = (Uuid::new_v4().to_string(), token.project_id().to_owned());
            state.groups.push(SecurityGroup { id, name: "default".into(), project });
        }
    }
}

impl State {
    fn remove_port(&mut self, id: &str) -> Option<Port> {
        let port = self.ports.remove(id)?;
        if let Some(ids) = self.devices.get_mut(&port.device_id) {
            ids.retain(|other| other != id);
        }
        Some(port)
    }
}
