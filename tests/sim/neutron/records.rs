//! Networks, subnets, ports and security groups.

use serde_json::{Map, Value, json};

use super::super::clock::iso;
use super::super::keystone::Token;

/// A network with one subnet.
#[derive(Clone, Debug)]
pub struct Network {
    pub id: String,
    pub name: String,
    pub project: String,
    pub shared: bool,
    pub external: bool,
    pub subnet_id: String,
    pub cidr: String,
}

/// A port.
#[derive(Clone, Debug)]
pub struct Port {
    pub id: String,
    pub name: String,
    pub project: String,
    pub network_id: String,
    pub subnet_id: String,
    pub mac_address: String,
    pub ip_address: String,
    pub status: String,
    pub device_id: String,
    pub device_owner: String,
    pub host: String,
    pub revision: u64,
    pub created: i64,
    pub updated: i64,
    /// Made by Nova, which removes it with the server.
    pub by_nova: bool,
}

/// A security group.
#[derive(Clone, Debug)]
pub struct SecurityGroup {
    pub id: String,
    pub name: String,
    pub project: String,
}

impl Network {
    /// Whether a caller sees it.
    pub fn seen_by(&self, token: &Token) -> bool {
        self.shared || self.external || token.is_admin() || self.project == token.project_id()
    }

    /// The network's document.
    pub fn document(&self) -> Value {
        json!({
            "id": self.id, "name": self.name, "project_id": self.project, "tenant_id": self.project,
            "shared": self.shared, "router:external": self.external, "admin_state_up": true, "status": "ACTIVE",
            "mtu": 1450, "subnets": [self.subnet_id], "port_security_enabled": true, "availability_zones": [],
            "availability_zone_hints": [], "ipv4_address_scope": null, "ipv6_address_scope": null,
            "description": "", "tags": [], "revision_number": 1, "is_default": false,
            "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
        })
    }

    /// Its subnet's document.
    pub fn subnet(&self) -> Value {
        json!({
            "id": self.subnet_id, "name": format!("{}-subnet", self.name), "network_id": self.id,
            "project_id": self.project, "tenant_id": self.project, "cidr": self.cidr, "ip_version": 4,
            "gateway_ip": self.cidr.replace(".0.0/16", ".0.1"), "enable_dhcp": true, "dns_nameservers": [],
            "host_routes": [], "allocation_pools": [], "ipv6_address_mode": null, "ipv6_ra_mode": null,
            "description": "", "tags": [], "revision_number": 0, "subnetpool_id": null,
            "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
        })
    }
}

impl Port {
    /// `[{"subnet_id": …, "ip_address": …}]`
    pub fn fixed_ips(&self) -> Value {
        json!([{"subnet_id": self.subnet_id, "ip_address": self.ip_address}])
    }

    /// The port's document; only an admin sees where it is bound.
    pub fn document(&self, admin: bool) -> Value {
        let mut document = json!({
            "id": self.id, "name": self.name, "project_id": self.project, "tenant_id": self.project,
            "network_id": self.network_id, "mac_address": self.mac_address, "fixed_ips": self.fixed_ips(),
            "status": self.status, "admin_state_up": true, "device_id": self.device_id,
            "device_owner": self.device_owner, "security_groups": [], "allowed_address_pairs": [],
            "extra_dhcp_opts": [], "binding:vnic_type": "normal", "port_security_enabled": true, "description": "",
            "tags": [], "revision_number": self.revision, "created_at": iso(self.created),
            "updated_at": iso(self.updated),
        });
        if admin {
            document["binding:host_id"] = json!(self.host);
            document["binding:vif_type"] = json!(if self.host.is_empty() { "unbound" } else { "ovs" });
            document["binding:vif_details"] = json!({});
            document["binding:profile"] = json!({});
        }
        document
    }
}

impl SecurityGroup {
    /// The group's document.
    pub fn document(&self) -> Value {
        json!({
            "id": self.id, "name": self.name, "project_id": self.project, "tenant_id": self.project,
            "description": "", "security_group_rules": [], "stateful": true, "shared": false, "tags": [],
            "revision_number": 1, "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
        })
    }
}

/// The document of a floating ip.
pub fn floating_ip((id, (address, port)): (&String, &(String, Option<String>))) -> Value {
    json!({
        "id": id, "floating_ip_address": address, "port_id": port, "fixed_ip_address": null, "router_id": null,
        "status": if port.is_some() { "ACTIVE" } else { "DOWN" }, "revision_number": 1, "description": "", "tags": [],
    })
}

/// Keeps only the fields asked for, if any are.
pub fn narrow(document: Value, fields: &[&str]) -> Value {
    match document {
        Value::Object(all) if !fields.is_empty() => {
            Value::Object(all.into_iter().filter(|(key, _)| fields.contains(&key.as_str())).collect::<Map<_, _>>())
        }
        document => document,
    }
}
