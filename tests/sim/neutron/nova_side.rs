//! What Nova asks of Neutron when it boots and deletes servers.

use serde_json::{Map, Value, json};

use super::super::keystone::Token;
use super::{Network, Neutron, Port, State};

/// One interface that a server is to get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nic {
    /// A new port on this network.
    Network(String),
    /// A port that exists.
    Port(String),
}

impl Neutron {
    /// The networks that a project may boot on: its own and the shared ones, also for an admin.
    pub fn bootable(&self, token: &Token) -> Vec<Network> {
        let state = self.state.lock().unwrap();
        let own = state.networks.values().filter(|net| net.shared || net.project == token.project_id());
        own.cloned().collect()
    }

    /// Whether a caller sees this network.
    pub fn sees_network(&self, id: &str, token: &Token) -> bool {
        self.state.lock().unwrap().networks.get(id).is_some_and(|net| net.seen_by(token))
    }

    /// Gives a server its ports, which stay DOWN until it boots.
    pub fn attach(&self, server: &str, token: &Token, nics: &[Nic]) {
        let mut state = self.state.lock().unwrap();
        for nic in nics {
            let port = match nic {
                Nic::Port(id) => state.ports.get(id).cloned(),
                Nic::Network(id) => state
                    .networks
                    .get(id)
                    .cloned()
                    .map(|network| Port { by_nova: true, ..self.new_port(&mut state, &network, token.project_id()) }),
            };
            if let Some(mut port) = port {
                server.clone_into(&mut port.device_id);
                port.device_owner = "compute:nova".into();
                port.revision += 1;
                state.devices.entry(server.to_owned()).or_default().push(port.id.clone());
                state.ports.insert(port.id.clone(), port);
            }
        }
    }

    /// Binds a server's ports to its host; the addresses as Nova shows them.
    pub fn bind(&self, server: &str, host: &str) -> Value {
        let now = self.clock.now_s();
        let mut state = self.state.lock().unwrap();
        let mut addresses = Map::new();
        for id in state.devices.get(server).cloned().unwrap_or_default() {
            let State { networks, ports, .. } = &mut *state;
            let Some(port) = ports.get_mut(&id) else { continue };
            port.status = "ACTIVE".into();
            host.clone_into(&mut port.host);
            port.revision += 1;
            port.updated = now;
            let label = networks.get(&port.network_id).map_or("", |network| network.name.as_str());
            let list = addresses.entry(label).or_insert_with(|| json!([]));
            list.as_array_mut().unwrap().push(json!({
                "version": 4, "addr": port.ip_address, "OS-EXT-IPS:type": "fixed",
                "OS-EXT-IPS-MAC:mac_addr": port.mac_address,
            }));
        }
        Value::Object(addresses)
    }

    /// Removes the ports that Nova made for a server, and frees the others.
    pub fn release(&self, server: &str) {
        let now = self.clock.now_s();
        let mut state = self.state.lock().unwrap();
        for id in state.devices.remove(server).unwrap_or_default() {
            let Some(port) = state.ports.get_mut(&id) else { continue };
            if port.by_nova {
                state.ports.remove(&id);
                continue;
            }
            port.status = "DOWN".into();
            port.device_id.clear();
            port.device_owner.clear();
            port.host.clear();
            port.revision += 1;
            port.updated = now;
        }
    }
}
