//! What the arguments of `select` ask for.

use std::sync::Arc;

use super::Select;
use crate::app::App;
use crate::db::flavors::{self, Flavor};
use crate::db::{project_regions, server_groups, servers, zones};
use crate::microversion::Microversion;
use crate::selector::{Ask, Group, HintedRegions, Kind};

/// A boot, as the selector sees it.
pub(super) async fn ask(app: &Arc<App>, select: &Select) -> Result<Ask, String> {
    let project_id = &select.project;
    let failed = |e: crate::db::DbError| e.to_string();
    let microversion = Microversion::try_from(select.microversion.clone())?;
    let mut ask = Ask {
        project_id: project_id.clone(),
        microversion,
        flavor: flavor(app, &select.flavor).await?,
        boots_from_volume: select.image.is_none(),
        named: named(select),
        zone: zone(app, select.zone.as_deref()).await?,
        group: None,
        same_host: Vec::new(),
        hinted: HintedRegions::default(),
        rules: project_regions::of_project(&app.db, project_id).await.map_err(failed)?,
        project_servers: servers::counts_of(&app.db, project_id).await.map_err(failed)?.into_iter().collect(),
        ahead: std::collections::BTreeMap::new(),
    };
    for text in &select.hint {
        let (key, value) = text.split_once('=').ok_or_else(|| format!("--hint {text}: write it as KEY=VALUE"))?;
        hint(app, &mut ask, key, value).await?;
    }
    Ok(ask)
}

fn named(select: &Select) -> Vec<(Kind, String)> {
    let image: Vec<String> = select.image.iter().cloned().collect();
    let groups: Vec<String> = select.security_group.iter().filter(|name| *name != "default").cloned().collect();
    let lists = [
        (Kind::Network, &select.network),
        (Kind::Port, &select.port),
        (Kind::Image, &image),
        (Kind::SecurityGroup, &groups),
        (Kind::Volume, &select.volume),
        (Kind::Snapshot, &select.snapshot),
    ];
    lists.into_iter().flat_map(|(kind, ids)| ids.iter().map(move |id| (kind, id.clone()))).collect()
}

async fn flavor(app: &App, named: &str) -> Result<Flavor, String> {
    let mut all = flavors::all(&app.db).await.map_err(|e| e.to_string())?;
    let found = all.iter().position(|flavor| flavor.id == named).or_else(|| all.iter().position(|f| f.name == named));
    match found {
        Some(place) => Ok(all.swap_remove(place)),
        None => Err(format!("there is no flavor {named}; `flavor list` tells which there are")),
    }
}

async fn zone(app: &App, named: Option<&str>) -> Result<Option<(String, String)>, String> {
    let Some(named) = named else { return Ok(None) };
    let all = zones::all(&app.db).await.map_err(|e| e.to_string())?;
    let zone = all.iter().find(|zone| zone.top_name == named).ok_or_else(|| {
        let known: Vec<&str> = all.iter().map(|zone| zone.top_name.as_str()).collect();
        format!("there is no zone {named}; there are: {}", known.join(", "))
    })?;
    Ok(Some((zone.region_id.clone(), zone.local_name.clone())))
}

async fn hint(app: &App, ask: &mut Ask, key: &str, value: &str) -> Result<(), String> {
    let failed = |e: crate::db::DbError| e.to_string();
    match key {
        "region" | "different_region" => {
            if app.registry.by_name(value).is_none() {
                return Err(format!("--hint {key}: there is no region {value}"));
            }
            let list = if key == "region" { &mut ask.hinted.wanted } else { &mut ask.hinted.unwanted };
            list.push(value.to_owned());
        }
        "same_host" => {
            let found = servers::placed(&app.db, &[value], Some(&ask.project_id)).await.map_err(failed)?;
            let server = found.first().ok_or_else(|| format!("--hint same_host: the project has no server {value}"))?;
            ask.same_host.push(server.region_id.clone());
        }
        "group" => {
            let group = server_groups::get(&app.db, value).await.map_err(failed)?;
            let group = group.filter(|group| group.project_id == ask.project_id);
            let group = group.ok_or_else(|| format!("--hint group: the project has no server group {value}"))?;
            let spread = server_groups::spread(&app.db, &group.id).await.map_err(failed)?;
            ask.group = Some(Group { policy: group.policy, spread });
        }
        other => {
            return Err(format!(
                "--hint {other}: no region is chosen by it; a region's own scheduler goes by it, if any"
            ));
        }
    }
    Ok(())
}
