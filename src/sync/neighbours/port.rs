//! Ports as they are kept.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::Value;

use super::expect::{self, Expected};
use crate::app::App;
use crate::db::leases::Lease;
use crate::db::ports::{self, Change, Port};
use crate::db::text::{ID_MAX, LONG_MAX, NAME_MAX, cut, fits};
use crate::regions::nova::RegionApi;
use crate::sync::round::SyncError;
use crate::views::server::Awaited;

/// Stores what is new or differs of what was asked for, and forgets what was known of it, before it was asked for, and was
/// not told.
pub(super) async fn store(
    app: &Arc<App>,
    api: &RegionApi,
    lease: &Lease,
    told: &[Port],
    known: &[Port],
) -> Result<(), SyncError> {
    let by_id: HashMap<&str, &Port> = known.iter().map(|port| (port.id.as_str(), port)).collect();
    let differs = |port: &&Port| by_id.get(port.id.as_str()).is_none_or(|row| !same(row, port));
    let changed: Vec<Port> = told.iter().filter(differs).cloned().collect();
    let told: BTreeSet<&str> = told.iter().map(|port| port.id.as_str()).collect();
    let gone: Vec<&Port> = known.iter().filter(|port| !told.contains(port.id.as_str())).collect();
    if changed.is_empty() && gone.is_empty() {
        return Ok(());
    }
    let mut expected: Vec<Expected> = gone.iter().map(|port| left(port)).collect();
    // Absence proves nothing, to an account that lost its role least of all: the server's document has the last word.
    let at: Vec<&str> = gone.iter().map(|port| port.local_id.as_str()).collect();
    let shown = expect::shown(app, api.region().id(), &at).await?;
    let forgotten =
        |port: &&&Port| shown.get(&port.local_id).is_none_or(|document| Awaited::mac_gone(&port.mac).is_met(document));
    let gone: Vec<String> = gone.iter().filter(forgotten).map(|port| port.id.clone()).collect();
    for port in &changed {
        expected.extend(by_id.get(port.id.as_str()).filter(|row| row.local_id != port.local_id).map(|row| left(row)));
        expected.extend(addresses(port).map(|awaited| Expected::new(&port.local_id, awaited)));
    }
    let known = |port: &Port| by_id.get(port.id.as_str()).map(|row| row.revision);
    let changed: Vec<Change> = changed.into_iter().map(|told| Change { known: known(&told), told }).collect();
    ports::store(&app.db, lease, api.region().id(), &changed, &gone).await?;
    expect::expect(app, lease, api.region().id(), &expected).await
}

fn left(port: &Port) -> Expected {
    Expected::new(&port.local_id, Awaited::mac_gone(&port.mac))
}

/// What the server's document shows of a port.
fn addresses(port: &Port) -> impl Iterator<Item = Awaited> {
    let fixed: Value = serde_json::from_str(&port.fixed_ips).unwrap_or_default();
    let fixed = fixed.as_array().cloned().unwrap_or_default();
    let address = |fixed: Value| fixed["ip_address"].as_str().filter(|ip| fits(ip, 64)).map(Awaited::address_there);
    fixed.into_iter().filter_map(address)
}

fn same(row: &Port, told: &Port) -> bool {
    *row == Port { changed_at: row.changed_at, ..told.clone() }
}

/// Others (routers, DHCP, floating ips, free ones) are not kept.
pub(super) fn is_of_a_server(port: &Value) -> bool {
    port["device_owner"].as_str().is_some_and(|owner| owner.starts_with("compute:"))
}

/// Raised by Neutron with each change.
pub(super) fn revision(port: &Value) -> i64 {
    port["revision_number"].as_i64().unwrap_or(0)
}

/// Reads a port of a server.
pub(super) fn parse(document: &Value, region_id: &str) -> Option<Port> {
    let text = |key: &str, most: usize| {
        let mut text = document[key].as_str()?.to_owned();
        cut(&mut text, most);
        Some(text)
    };
    let id = |key: &str| document[key].as_str().filter(|id| !id.is_empty() && fits(id, ID_MAX)).map(str::to_owned);
    let fixed_ips = document["fixed_ips"].to_string();
    if !is_of_a_server(document) {
        return None;
    }
    Some(Port {
        region_id: region_id.to_owned(),
        id: id("id")?,
        local_id: id("device_id")?,
        network_id: id("network_id")?,
        status: text("status", 16)?,
        mac: text("mac_address", 32).unwrap_or_default(),
        host: text("binding:host_id", NAME_MAX).filter(|host| !host.is_empty()),
        fixed_ips: if fits(&fixed_ips, LONG_MAX) { fixed_ips } else { "[]".into() },
        revision: revision(document),
        changed_at: 0,
    })
}
