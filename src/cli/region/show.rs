//! `region show`

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::StreamExt;

use super::super::{CliResult, region, say, tell};
use super::list::{REFUSED, last_round, refused};
use crate::app::App;
use crate::cascade::region_quota;
use crate::config::ms;
use crate::db::flavors::{self, Flavor};
use crate::db::{cursors, project_regions, servers, zones};
use crate::regions::nova::RegionApi;
use crate::regions::{Region, loop_guard};
use crate::selector::Room;

/// Flavors whose room is asked for at once.
const AT_ONCE: usize = 8;

/// Prints what the top knows of a region, then what the region says.
pub(super) async fn run(app: &Arc<App>, name: &str) -> CliResult {
    let region = region(app, name).await?;
    loop_guard::probe(&app.registry, &app.upstream).await;
    registered(&region);
    kept(app, &region).await?;
    if let Some(reason) = region.refusal() {
        return Err(refused(&region, reason));
    }
    tell(&format!("asking {name} …"));
    let api = RegionApi::new(app.service.clone(), region.clone(), ms(app.config.region.lookup_patience_ms));
    let limits = match region_quota::limits(&api).await {
        Ok(limits) if limits.is_empty() => "none".into(),
        Ok(limits) => limits.iter().map(|(name, limit)| format!("{name} {limit}")).collect::<Vec<_>>().join(", "),
        Err(error) => format!("not told: {}", error.reason),
    };
    line("default limits", &limits);
    let wait = ms(app.config.region.lookup_patience_ms);
    line("nova-compute up", &computes(app.selector.capacity.computes(&region, wait).await));
    line("answers", &answers(&region));
    rooms(app, &region).await
}

fn line(key: &str, value: &str) {
    say(&format!("{key:<16} {value}"));
}

fn registered(region: &Region) {
    let row = &region.row;
    let or = |text: &str, none: &str| if text.is_empty() { none.to_owned() } else { text.to_owned() };
    line("name", &row.name);
    line("id", &row.id);
    line("state", if region.refusal().is_some() { REFUSED } else { &row.state });
    line("weight", &row.weight.to_string());
    line("microversion", &or(&row.microversion_max, "? (it has not answered yet)"));
    line("compute", &row.compute_url);
    line("network", &or(&row.network_url, "none"));
    line("image", &or(&row.image_url, "none"));
    line("placement", &or(&row.placement_url, "none: its room is not known, and boots go there all the same"));
    line("block storage", &or(&row.volume_url, "none: no boot with a volume or snapshot goes there"));
}

/// What our rows say.
async fn kept(app: &Arc<App>, region: &Region) -> CliResult {
    let failed = |e: crate::db::DbError| e.to_string();
    let zones = zones::all(&app.db).await.map_err(failed)?;
    let zones = zones.iter().filter(|zone| zone.region_id == region.id()).map(|zone| {
        let (name, there, state) = (&zone.top_name, &zone.local_name, &zone.state);
        if zone.is_region() { name.clone() } else { format!("{name} ({there} there, {state})") }
    });
    line("zones", &or_none(zones));
    let counts = servers::counts(&app.db).await.map_err(failed)?;
    let count = counts.iter().find(|(id, _)| id.as_deref() == Some(region.id())).map_or(0, |(_, count)| *count);
    line("servers", &count.to_string());
    let cursors = cursors::all(&app.db).await.map_err(failed)?;
    line("last round", &last_round(cursors.iter().find(|cursor| cursor.region_id == region.id())));
    let rules = project_regions::of_region(&app.db, region.id()).await.map_err(failed)?;
    for (key, pinned) in [("pinned to it", true), ("kept out of it", false)] {
        let projects = rules.iter().filter(|rule| rule.pinned == pinned).map(|rule| rule.project_id.clone());
        line(key, &or_none(projects));
    }
    Ok(())
}

fn or_none(items: impl Iterator<Item = String>) -> String {
    let text = items.collect::<Vec<_>>().join(", ");
    if text.is_empty() { "none".into() } else { text }
}

fn computes(up: Option<Vec<String>>) -> String {
    let Some(up) = up else { return "not told".into() };
    let mut zones: BTreeMap<&str, usize> = BTreeMap::new();
    for zone in &up {
        *zones.entry(zone).or_default() += 1;
    }
    let each = zones.iter().map(|(zone, count)| format!("{count} in {zone}")).collect::<Vec<_>>();
    if each.is_empty() { "none: no boot goes there".into() } else { each.join(", ") }
}

fn answers(region: &Region) -> String {
    match region.health.latency() {
        Some(latency) => format!("in {} ms, as this command sees it", latency.as_millis()),
        None => format!("not: {}", region.health.reason()),
    }
}

async fn rooms(app: &Arc<App>, region: &Arc<Region>) -> CliResult {
    if region.row.placement_url.is_empty() {
        return Ok(());
    }
    let flavors = flavors::all(&app.db).await.map_err(|e| e.to_string())?;
    let room = |flavor: Flavor| async move {
        let wait = ms(app.config.region.lookup_patience_ms);
        let room = app.selector.capacity.room(region, &flavor, false, wait).await;
        (flavor.name, room)
    };
    let mut asked = futures_util::stream::iter(flavors.into_iter().map(room)).buffered(AT_ONCE);
    while let Some((flavor, room)) = asked.next().await {
        let text = match room {
            Room::Fits(count) => format!("{count}, counted on {} hosts at most", app.config.boot.capacity_hosts_max),
            Room::Full => "none".into(),
            Room::Lacks(words) => format!("none: {words}"),
            Room::Unknown => "not told".into(),
        };
        line("room", &format!("for {flavor}: {text}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_counted_by_zone() {
        let up = |zones: &[&str]| computes(Some(zones.iter().map(ToString::to_string).collect()));
        assert_eq!(up(&["b", "a", "b"]), "1 in a, 2 in b");
        assert_eq!(up(&[]), "none: no boot goes there");
        assert_eq!(computes(None), "not told");
    }
}
