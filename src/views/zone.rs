//! Availability zones (`nova/api/openstack/compute/availability_zone.py`).

use serde_json::{Value, json};

/// A zone as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its name on top.
    pub name: String,
    /// Servers may be booted in it.
    pub available: bool,
    /// Its hosts, their services and how these are; `null` where they were not asked for or are not known.
    pub hosts: Value,
}

/// The list, short or in detail.
#[must_use]
pub fn list(zones: &[Seen]) -> Value {
    let zone = |zone: &Seen| json!({ "zoneName": zone.name, "zoneState": { "available": zone.available }, "hosts": zone.hosts });
    json!({ "availabilityZoneInfo": zones.iter().map(zone).collect::<Vec<_>>() })
}
