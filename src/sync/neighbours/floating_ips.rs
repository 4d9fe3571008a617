//! Floating ips of a region: one that comes or goes changes a server's addresses, and not its `updated`.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::expect::{self, Expected};
use super::page::{self, END};
use crate::app::App;
use crate::db::floating_ips::{self, FloatingIp};
use crate::db::leases::Lease;
use crate::db::ports;
use crate::db::text::{ID_MAX, fits};
use crate::regions::nova::RegionApi;
use crate::sync::round::SyncError;
use crate::views::server::Awaited;

const FIELDS: &str = "&fields=id&fields=port_id&fields=floating_ip_address";

/// Reads all of them, and unsettles the servers at the ports of those that differ. Returns how many there are.
///
/// # Errors
/// [`SyncError`]; the pages stored before it stay.
pub(super) async fn all(app: &Arc<App>, api: &RegionApi, lease: &Lease) -> Result<usize, SyncError> {
    let mut count = 0;
    let mut after = String::new();
    loop {
        let page = page::page(app, api, "floatingips", FIELDS, &after).await?;
        count += page.documents.len();
        let end = page.next.as_deref().unwrap_or(END);
        let region_id = api.region().id();
        let told: Vec<FloatingIp> = page.documents.iter().filter_map(|ip| parse(ip, region_id)).collect();
        let known = floating_ips::between(&app.db, region_id, &after, end).await?;
        store(app, lease, region_id, &told, &known).await?;
        match page.next {
            Some(next) if next > after => after = next,
            _ => return Ok(count),
        }
    }
}

async fn store(
    app: &Arc<App>,
    lease: &Lease,
    region_id: &str,
    told: &[FloatingIp],
    known: &[FloatingIp],
) -> Result<(), SyncError> {
    let changed: Vec<FloatingIp> = told.iter().filter(|ip| !known.contains(ip)).cloned().collect();
    let left: Vec<&FloatingIp> = known.iter().filter(|ip| !told.contains(ip)).collect();
    if changed.is_empty() && left.is_empty() {
        return Ok(());
    }
    let at: Vec<&str> = changed.iter().chain(left.iter().copied()).map(|ip| ip.port_id.as_str()).collect();
    let ports = ports::known(&app.db, region_id, &at).await?;
    let servers: HashMap<&str, &str> = ports.iter().map(|port| (port.id.as_str(), port.local_id.as_str())).collect();
    let expect = |ip: &FloatingIp, awaited: fn(&str) -> Awaited| {
        servers.get(ip.port_id.as_str()).map(|local_id| Expected::new(local_id, awaited(&ip.address)))
    };
    let lost = left.iter().filter_map(|ip| expect(ip, Awaited::address_gone));
    let got = changed.iter().filter_map(|ip| expect(ip, Awaited::address_there));
    let expected: Vec<Expected> = lost.chain(got).collect();
    let gone: Vec<String> =
        left.iter().filter(|ip| !told.iter().any(|told| told.id == ip.id)).map(|ip| ip.id.clone()).collect();
    floating_ips::store(&app.db, lease, region_id, &changed, &gone).await?;
    expect::expect(app, lease, region_id, &expected).await
}

fn parse(document: &Value, region_id: &str) -> Option<FloatingIp> {
    let text = |key: &str, most: usize| document[key].as_str().filter(|text| fits(text, most)).map(str::to_owned);
    Some(FloatingIp {
        region_id: region_id.to_owned(),
        id: text("id", ID_MAX)?,
        port_id: text("port_id", ID_MAX).unwrap_or_default(),
        address: text("floating_ip_address", 64)?,
    })
}
