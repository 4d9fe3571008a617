//! The networks of a boot, checked against the region's Neutron.

use serde_json::Value;

use super::super::keystone::Token;
use super::super::neutron::Nic;
use super::Nova;
use super::fault::{NovaFault, fault, invalid};

const AMBIGUOUS: &str =
    "More than one possible network found. Specify network ID(s) to select which one(s) to connect to.";

/// The interfaces that a body's `networks` asks for.
pub fn wanted(nova: &Nova, token: &Token, networks: Option<&Value>) -> Result<Vec<Nic>, NovaFault> {
    match networks {
        Some(Value::String(word)) if word == "none" => Ok(Vec::new()),
        Some(Value::String(word)) if word == "auto" => chosen(nova, token, true),
        Some(Value::Array(list)) if !list.is_empty() => list.iter().map(|one| named(nova, token, one)).collect(),
        None | Some(Value::Null | Value::Array(_)) => chosen(nova, token, false),
        Some(other) => Err(invalid("networks", other, "It is not of the types allowed")),
    }
}

/// The one network there is to choose.
fn chosen(nova: &Nova, token: &Token, required: bool) -> Result<Vec<Nic>, NovaFault> {
    let mut networks = nova.neutron.bootable(token);
    match networks.len() {
        0 if required => {
            let project = token.project_id();
            Err(fault(400, format!("Unable to automatically allocate a network for project {project}")))
        }
        0 => Ok(Vec::new()),
        1 => Ok(vec![Nic::Network(networks.remove(0).id)]),
        _ => Err(fault(409, AMBIGUOUS)),
    }
}

fn named(nova: &Nova, token: &Token, one: &Value) -> Result<Nic, NovaFault> {
    if let Some(id) = one["port"].as_str() {
        let port = nova.neutron.port(id).filter(|port| token.is_admin() || port.project == token.project_id());
        return match port {
            None => Err(fault(400, format!("Port id {id} could not be found."))),
            Some(port) if !port.device_id.is_empty() => Err(fault(409, format!("Port {id} is still in use."))),
            Some(_) => Ok(Nic::Port(id.to_owned())),
        };
    }
    let id = one["uuid"].as_str().unwrap_or_default();
    if !nova.neutron.sees_network(id, token) {
        return Err(fault(400, format!("Network {id} could not be found.")));
    }
    Ok(Nic::Network(id.to_owned()))
}
