//! `check`: asks everything the service needs, one line each.

use std::sync::Arc;

use http::Method;
use openstack::Cloud;

use super::region::list::refused;
use super::{CliResult, say};
use crate::app::App;
use crate::config::ms;
use crate::microversion::MIN;
use crate::regions::nova::RegionApi;
use crate::sync;

/// Prints what works and what does not.
///
/// # Errors
/// The number of things that do not.
pub async fn run(app: &Arc<App>) -> CliResult {
    let mut wrong = 0;
    let mut tell = |what: String, result: Result<String, String>| match result {
        Ok(detail) => say(&format!("ok    {what}: {detail}")),
        Err(reason) => {
            wrong += 1;
            say(&format!("WRONG {what}: {reason}"));
        }
    };
    for exposed in app.config.exposed_secrets() {
        say(&format!("note  {exposed}"));
    }
    let login = app.service.session().await.map(|_| "the service account can log in".into()).map_err(|e| e.to_string());
    let logged_in = login.is_ok();
    tell("identity".into(), login);
    if logged_in {
        sync::discover(app).await;
        if app.registry.all().is_empty() {
            tell(
                "regions".into(),
                Err("the catalog has none but the top; see region.top_names and [[regions]]".into()),
            );
        }
        for region in app.registry.registered().iter() {
            let api = RegionApi::new(app.service.clone(), region.clone(), ms(app.config.sync.call_timeout_ms));
            let compute = compute(&api).await;
            if let Some(reason) = region.refusal() {
                tell(format!("{} compute", region.name()), Err(refused(region, reason)));
                continue;
            }
            tell(format!("{} compute", region.name()), compute);
            tell(format!("{} network", region.name()), network(&api).await);
            tell(format!("{} placement", region.name()), placement(&api).await);
            tell(format!("{} as rust-openstack sees it", region.name()), typed(app, region.name()).await);
        }
    }
    for entry in &app.config.notifications {
        let known = app.registry.by_name(&entry.region).ok_or_else(|| "there is no such region".to_owned());
        let listens = match known {
            Ok(_) => sync::notifications::check(entry).await.map(|address| format!("a queue can be made at {address}")),
            Err(reason) => Err(reason),
        };
        tell(format!("{} notifications", entry.region), listens);
    }
    if wrong == 0 { Ok(()) } else { Err(format!("{wrong} thing(s) to mend")) }
}

/// The version, and whether the account sees all projects' servers.
pub(super) async fn compute(api: &RegionApi) -> Result<String, String> {
    let ask = |path: &'static str| async move {
        let answer = api.compute(Method::GET, path, MIN, None).await.map_err(|e| e.to_string())?;
        answer.json(api.region()).map_err(|e| e.to_string())
    };
    let version = ask("").await?["version"]["version"].as_str().unwrap_or("?").to_owned();
    let all = ask("/servers?all_tenants=1&limit=1").await;
    all.map_err(|e| format!("the account may not list all projects' servers (it needs the role admin): {e}"))?;
    Ok(format!("microversion {version}, all projects' servers can be listed"))
}

pub(super) async fn network(api: &RegionApi) -> Result<String, String> {
    let answer = api.network("/ports?limit=1&fields=id").await.map_err(|e| e.to_string())?;
    answer.json(api.region()).map_err(|e| e.to_string()).map(|_| "ports can be listed".into())
}

/// Whether the account may ask what room there is.
async fn placement(api: &RegionApi) -> Result<String, String> {
    if api.region().row.placement_url.is_empty() {
        return Ok("none in the catalog; boots go there whether it is full or not".into());
    }
    let answer = api.placement("/allocation_candidates?resources=VCPU:1&limit=1").await.map_err(|e| e.to_string())?;
    answer.json(api.region()).map_err(|e| e.to_string()).map(|_| "room can be asked for".into())
}

/// The catalog's entry through a second, independent client.
async fn typed(app: &Arc<App>, region: &str) -> Result<String, String> {
    let cloud = Cloud::from(app.service.typed().await?.with_region(region));
    let flavors = cloud.list_flavors().await.map_err(|e| e.to_string())?;
    Ok(format!("{} public flavors", flavors.len()))
}
