//! What speaks for it that a region will never launch a server that it still builds, when `boot.build_deadline_s` is over.

use std::sync::Arc;

use http::{Method, StatusCode};
use serde_json::Value;

use crate::app::App;
use crate::config::ms;
use crate::db::DbResult;
use crate::db::placings::{self, Watched};
use crate::microversion::MIN;
use crate::regions::nova::RegionApi;
use crate::regions::{CallError, Region};

/// What the region says of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    /// The row is old: it is no longer built, or gone.
    News,
    /// Its host is up, and may take as long as it likes: bare metal, or an image that becomes a volume.
    OnHost,
    /// It has no host, or one that is not up.
    Stuck,
    /// None. Silence, and the word of a region whose cell is down, are no news.
    Silence,
}

/// True where a deadline that has passed counts. Where the server's host is up, it begins anew.
///
/// # Errors
/// The database's.
pub async fn is_overdue(app: &Arc<App>, region: &Arc<Region>, watched: &Watched) -> DbResult<bool> {
    match word(app, region, watched).await {
        Word::Stuck => Ok(true),
        // What had a host when it was last seen may be built there.
        Word::Silence => Ok(watched.host.is_none()),
        Word::OnHost => placings::begin_anew(&app.db, &watched.server_id).await.map(|()| false),
        Word::News => {
            app.sync.wake(region.id());
            Ok(false)
        }
    }
}

async fn word(app: &App, region: &Arc<Region>, watched: &Watched) -> Word {
    if region.health.is_failing() {
        return Word::Silence;
    }
    let api = RegionApi::new(app.service.clone(), region.clone(), ms(app.config.region.lookup_timeout_ms));
    let path = format!("/servers/{}", watched.local_id.as_deref().unwrap_or_default());
    let Ok(answer) = api.compute(Method::GET, &path, MIN, None).await else { return Word::Silence };
    let document: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let server = &document["server"];
    match (answer.status, server["status"].as_str()) {
        (StatusCode::NOT_FOUND, _) => Word::News,
        (StatusCode::OK, Some("BUILD")) => of_host(&api, server.get("OS-EXT-SRV-ATTR:host")).await,
        (StatusCode::OK, Some(status)) if status != "UNKNOWN" => Word::News,
        _ => Word::Silence,
    }
}

async fn of_host(api: &RegionApi, host: Option<&Value>) -> Word {
    match host {
        Some(Value::String(host)) if !host.is_empty() => match is_up(api, host).await {
            Ok(false) => Word::Stuck,
            // Not known to be down.
            Ok(true) | Err(_) => Word::OnHost,
        },
        Some(_) => Word::Stuck,
        // To an account that is no admin no host is shown.
        None => Word::Silence,
    }
}

async fn is_up(api: &RegionApi, host: &str) -> Result<bool, CallError> {
    let answer = api.compute(Method::GET, "/os-services?binary=nova-compute", MIN, None).await?.json(api.region())?;
    let services = answer["services"].as_array().into_iter().flatten();
    Ok(services.into_iter().any(|service| service["host"] == host && service["state"] == "up"))
}
