//! Strangers that rounds meet: adopted some at a time, or counted, as `sync.strangers` says. What cannot be adopted yet
//! is looked at again beside the rounds, under the same lease.

mod kept;

use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::Value;
use tokio::time::Instant;

use self::kept::Read;
use super::{Rounds, worker};
use crate::app::App;
use crate::cascade::adopt::{self, AdoptError, Outcome};
use crate::config::{Strangers, ms};
use crate::db::clock::{local_now, micros};
use crate::db::leases::Lease;
use crate::db::{set_aside, strangers};
use crate::regions::nova::RegionApi;
use crate::views::server::document::Told;

pub(super) use kept::Kept;

/// Strangers adopted in one transaction.
const AT_ONCE: usize = 100;
/// Time between two looks at whether those known are strangers still.
const CHECK_PERIOD: Duration = Duration::from_secs(30);

/// A round has met a server that has no row and is no open boot's, or the last word on one.
///
/// # Errors
/// [`AdoptError`]; those met stay in mind.
pub(super) async fn meet(
    app: &Arc<App>,
    api: &RegionApi,
    lease: &Lease,
    told: Told,
    read_at: i64,
) -> Result<(), AdoptError> {
    let region = api.region();
    let Some(rounds) = app.sync.get(region.id()) else { return Ok(()) };
    let kept = &rounds.strangers;
    if told.is_deleted() {
        kept.forget([told.local_id.as_str()]);
        kept.measure(region.name());
        return Ok(());
    }
    // An earlier placement of a server has no row of its own and is no stranger.
    let new =
        kept.knows(&told.local_id) || !strangers::unmapped(&app.db, region.id(), &[&told.local_id]).await?.is_empty();
    if told.marker.is_some() || !new {
        return Ok(());
    }
    if kept.note(&told.local_id) {
        let (server_id, name, project_id) = (&told.local_id, told.text("name"), told.text("tenant_id"));
        let said = "a server that the top did not boot; `server audit` tells of all";
        tracing::info!(region = region.name(), server_id, name, project_id, "{said}");
        kept.measure(region.name());
    }
    // A region that cannot tell of flavors now must not end the round: the queue is emptied beside it too.
    if app.config.sync.strangers == Strangers::Adopt
        && kept.push(told, read_at).is_some_and(|length| length.is_multiple_of(AT_ONCE))
        && let Err(error) = empty(app, api, &rounds).await
    {
        worker::failed(app, api, lease, "strangers", &error.into()).await;
    }
    Ok(())
}

/// Goes on for as long as the lease is held: the caller ends it. What it does may be cut off anywhere and done again.
pub(super) async fn keep(app: &Arc<App>, region_id: &str, lease: &Lease, rounds: &Rounds) {
    let mut check_at = Instant::now() + CHECK_PERIOD;
    loop {
        tokio::time::sleep(ms(app.config.sync.unsettled_period_ms)).await;
        let Some(region) = app.registry.get(region_id) else { return };
        let api = worker::api(app, region.clone());
        let mut result = empty(app, &api, rounds).await;
        if result.is_ok() && Instant::now() >= check_at {
            check_at = Instant::now() + CHECK_PERIOD;
            result = check(app, region_id, &rounds.strangers).await;
        }
        if let Err(error) = result {
            worker::failed(app, &api, lease, "strangers", &error.into()).await;
        }
        rounds.strangers.measure(region.name());
    }
}

/// Adopts what is in the queue; what cannot be adopted yet is put back.
async fn empty(app: &Arc<App>, api: &RegionApi, rounds: &Rounds) -> Result<(), AdoptError> {
    let (kept, name) = (&rounds.strangers, api.region().name());
    let (mut later, mut count) = (Vec::new(), 0);
    let mut result = Ok(());
    while result.is_ok() {
        let batch = kept.pop(AT_ONCE);
        if batch.is_empty() {
            break;
        }
        match some(app, api, kept, batch.clone(), &mut later).await {
            Ok(adopted) => count += adopted,
            Err(error) => {
                later.extend(batch);
                result = Err(error);
            }
        }
    }
    kept.put_back(later);
    if count > 0 {
        tracing::info!(region = name, count, "servers that the top did not boot have rows now");
        metrics::counter!("cascade_adopted_total", "region" => name.to_owned()).increment(count);
        kept.measure(name);
        rounds.wake.notify_one();
    }
    result
}

/// Adopts some; what waits is added to `later`. Returns how many.
async fn some(
    app: &Arc<App>,
    api: &RegionApi,
    kept: &Kept,
    batch: Vec<Read>,
    later: &mut Vec<Read>,
) -> Result<u64, AdoptError> {
    let batch = again(app, api, kept, batch, later).await?;
    let read_at = batch.iter().map(|(_, read_at)| *read_at).min().unwrap_or_default();
    let told: Vec<Told> = batch.into_iter().map(|(told, _)| told).collect();
    let ids: Vec<String> = told.iter().map(|told| told.local_id.clone()).collect();
    let Outcome { adopted, waiting, refused } = adopt::adopt(app, api, told, read_at).await?;
    for (server_id, reason) in &refused {
        tracing::warn!(region = api.region().name(), server_id, reason, "a stranger cannot be adopted");
        set_aside::note(&app.db, api.region().id(), server_id, reason).await?;
    }
    let stays = |id: &&str| refused.contains_key(*id) || waiting.iter().any(|told| told.local_id == **id);
    kept.forget(ids.iter().map(String::as_str).filter(|id| !stays(id)));
    later.extend(waiting.into_iter().map(|told| (told, read_at)));
    Ok(u64::try_from(adopted.len()).unwrap_or(u64::MAX))
}

/// Shows those again, singly, that were read a while ago: one that is deleted by now is not adopted, and one whose cell
/// is down waits.
async fn again(
    app: &Arc<App>,
    api: &RegionApi,
    kept: &Kept,
    batch: Vec<Read>,
    later: &mut Vec<Read>,
) -> Result<Vec<Read>, AdoptError> {
    let oldest = local_now() - micros(app.config.sync.overlap_s) / 2;
    let (mut ready, old): (Vec<Read>, Vec<Read>) = batch.into_iter().partition(|(_, read_at)| *read_at > oldest);
    for (told, read_at) in old {
        let now = local_now();
        let path = format!("/servers/{}", told.local_id);
        let answer = api.compute(Method::GET, &path, api.region().microversion(), None).await?;
        if answer.status == StatusCode::NOT_FOUND {
            kept.forget([told.local_id.as_str()]);
            continue;
        }
        let shown = answer.json(api.region()).ok().and_then(|mut shown| shown.get_mut("server").map(Value::take));
        match shown.and_then(Told::read) {
            Some(newer) if newer.is_deleted() => kept.forget([told.local_id.as_str()]),
            Some(newer) => ready.push((newer, now)),
            None => later.push((told, read_at)),
        }
    }
    Ok(ready)
}

/// Lets go of those that have rows by now: another process may have adopted them.
async fn check(app: &App, region_id: &str, kept: &Kept) -> Result<(), AdoptError> {
    for ids in kept.known().chunks(500) {
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let still = strangers::unmapped(&app.db, region_id, &ids).await?;
        kept.forget(ids.into_iter().filter(|id| !still.contains(*id)));
    }
    Ok(())
}
