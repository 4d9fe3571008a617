//! The zones of the top and how they are (D11): each region is one, and each of its zones is one too.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::{links, proxy};
use crate::api::Call;
use crate::app::App;
use crate::db::DbResult;
use crate::db::zones::{self, AVAILABLE, GONE, Zone};
use crate::error::ApiResult;
use crate::regions::Region;
use crate::views::zone::Seen;

/// What one region says of one of its zones.
#[derive(Clone, Debug)]
struct Told {
    available: bool,
    hosts: Value,
}

/// All zones as the sync last read them; no region is asked. Those of a region that takes no boots are not available.
///
/// # Errors
/// The database's.
pub async fn known(app: &App) -> DbResult<Vec<Seen>> {
    let rows = zones::all(&app.db).await?;
    let unknown = app.unknown_regions();
    let of_region = |region: &Arc<Region>| {
        let up = is_enabled(region) && !region.health.is_failing() && !unknown.contains_key(region.id());
        as_stored(&rows, region, up)
    };
    Ok(in_order(app.registry.all().iter().flat_map(of_region)))
}

/// All zones with their hosts, as the regions tell now, and the names of the regions that do not: their zones are as
/// stored and not available.
///
/// # Errors
/// The database's.
pub async fn told(call: &Call) -> ApiResult<(Vec<Seen>, Vec<String>)> {
    let rows = zones::all(&call.app.db).await?;
    let (mut seen, mut missing) = (Vec::new(), Vec::new());
    for (region, answer) in proxy::everywhere(call, |_| "/os-availability-zone/detail".to_owned()).await {
        let answer = answer.ok().filter(|answer| answer.status().is_success());
        let document = match answer {
            Some(answer) => links::json(call, answer).await.ok(),
            None => None,
        };
        if let Some(told) = document.and_then(|(_, document)| read(&document)) {
            seen.extend(as_told(&rows, &region, told));
        } else {
            missing.push(region.name().to_owned());
            seen.extend(as_stored(&rows, &region, false));
        }
    }
    Ok((in_order(seen), missing))
}

fn read(document: &Value) -> Option<BTreeMap<String, Told>> {
    let zones = document["availabilityZoneInfo"].as_array()?;
    let told = |zone: &Value| {
        let told = Told { available: zone["zoneState"]["available"] == true, hosts: zone["hosts"].clone() };
        let name = zone["zoneName"].as_str().filter(|name| !name.is_empty())?;
        Some((name.to_owned(), told))
    };
    Some(zones.iter().filter_map(told).collect())
}

fn is_enabled(region: &Region) -> bool {
    region.row.state == "enabled"
}

/// The zones of a region that is up (or not) by what is stored of them.
fn as_stored(rows: &[Zone], region: &Region, up: bool) -> Vec<Seen> {
    let own: Vec<&Zone> = rows.iter().filter(|row| row.region_id == region.id() && row.state != GONE).collect();
    let is_available = |row: &Zone| up && !row.is_region() && row.state == AVAILABLE;
    let any = own.iter().any(|row| is_available(row));
    let seen = |row: &&Zone| {
        let available = if row.is_region() { any } else { is_available(row) };
        Seen { name: row.top_name.clone(), available, hosts: Value::Null }
    };
    own.iter().map(seen).collect()
}

/// The zones of a region by what it tells. One that has no name yet is shown under the one it would get: it is that of
/// Nova's own services, which is in no list that users see, or newer than the last look of the sync.
fn as_told(rows: &[Zone], region: &Region, told: BTreeMap<String, Told>) -> Vec<Seen> {
    let own: Vec<&Zone> = rows.iter().filter(|row| row.region_id == region.id()).collect();
    let mut whole = Seen { name: region.name().to_owned(), available: false, hosts: Value::Null };
    let mut seen = Vec::with_capacity(told.len() + 1);
    for (local_name, zone) in told {
        let named = own.iter().find(|row| row.local_name == local_name);
        let available = zone.available && is_enabled(region);
        if named.is_some() {
            whole.available |= available;
            add_hosts(&mut whole.hosts, &zone.hosts);
        }
        let name = named.map_or_else(|| format!("{}-{local_name}", region.name()), |row| row.top_name.clone());
        seen.push(Seen { name, available, hosts: zone.hosts });
    }
    if let Some(row) = own.iter().find(|row| row.is_region()) {
        whole.name.clone_from(&row.top_name);
        seen.push(whole);
    }
    seen
}

fn add_hosts(to: &mut Value, hosts: &Value) {
    let Value::Object(hosts) = hosts else { return };
    if let Value::Object(all) = to {
        all.extend(hosts.clone());
    } else {
        *to = Value::Object(hosts.clone());
    }
}

/// As Nova has it: those available first, each by name.
fn in_order(zones: impl IntoIterator<Item = Seen>) -> Vec<Seen> {
    let mut zones: Vec<Seen> = zones.into_iter().collect();
    zones.sort_by(|a, b| (!a.available, &a.name).cmp(&(!b.available, &b.name)));
    zones
}
