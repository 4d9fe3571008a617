//! All servers of one request: each a saga of its own, under one reservation id and Nova's names, so that what does not
//! fit in one region lands in the next. See docs/decisions/0009-multi-create.md.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use serde_json::json;

use super::ask::Request;
use super::at_work::Held;
use super::first_host;
use super::order::Order;
use super::prepare;
use super::saga::{Ended, Made, Passed, Saga};
use crate::api::Call;
use crate::app::App;
use crate::cascade::server_groups::missing;
use crate::cascade::{below, removals};
use crate::db::intents::{self, Intent, Refusal};
use crate::error::{ApiResult, Fault};
use crate::http_body::{self, Body};
use crate::selector::Selection;

/// Boots the server(s) that `bytes` describe.
///
/// # Errors
/// What is wrong with the request, a region's refusal, or why no region takes it.
pub async fn boot(call: Call, bytes: &Bytes) -> ApiResult<Response<Body>> {
    let order = Arc::new(Order::read(Arc::new(call), bytes).await?);
    let app = &order.call.app;
    let (first, others, _held) = intents(&order).await?;
    let passed = Arc::new(Passed::default());
    // The first goes alone: it finds out what is wrong with the request.
    let waiting: Vec<String> = others.iter().map(|intent| intent.id.clone()).collect();
    let first = match while_touching(app, &waiting, Box::pin(one(&order, first, None, &passed))).await {
        Ok(Ended::Made(made)) => made,
        failed => {
            for intent in &others {
                intents::close(&app.db, &intent.id).await?;
            }
            return Err(match failed {
                Ok(Ended::Unknown(fault) | Ended::None(fault)) | Err(fault) => fault,
                Ok(Ended::Made(_)) => Fault::internal("a boot that succeeded counts as failed"),
            });
        }
    };
    while_touching(app, &waiting, Box::pin(first_host::wait(&order, &first))).await;
    let others = boot_others(&order, &first, others, &passed).await;
    let stand = 1 + others.iter().filter(|ended| !matches!(ended, Ok(Ended::None(_)) | Err(_))).count();
    if stand >= order.request.least {
        return answer(&order, first);
    }
    // Nova makes all that are wanted at least, or none.
    let mut made = vec![first];
    let mut refusal = None;
    for ended in others {
        match ended {
            Ok(Ended::Made(other)) => made.push(other),
            Ok(Ended::None(fault)) | Err(fault) => refusal = refusal.or(Some(fault)),
            Ok(Ended::Unknown(_)) => {}
        }
    }
    for made in &made {
        removals::undo(&order.call, &made.id).await;
    }
    Err(refusal.unwrap_or_else(|| Fault::internal("servers are missing and none was refused")))
}

/// Boots one of them, and watches it until its region has launched it.
async fn one(order: &Arc<Order>, intent: Intent, password: Option<String>, passed: &Arc<Passed>) -> ApiResult<Ended> {
    let selection = Selection { candidates: order.candidates(intent.launch_index), ..order.selection.clone() };
    let saga = Saga { order: order.clone(), intent, password, passed: passed.clone(), selection };
    let ended = saga.run().await?;
    if let Ended::Made(made) = &ended {
        order.call.app.placings.remember(saga, made);
    }
    Ok(ended)
}

/// The intents of all servers of the request, open and charged: that of the first, and the others'; this process works on
/// them until the last is dropped.
async fn intents(order: &Order) -> ApiResult<(Intent, Vec<Intent>, Held)> {
    let Request { least, most, .. } = order.request;
    let index = |index: usize| i32::try_from(index).unwrap_or(i32::MAX);
    let mut intents: Vec<Intent> = (0..most).map(|number| prepare::intent(order, index(number))).collect();
    let app = &order.call.app;
    let held = app.boots_at_work.hold(intents.iter().map(|intent| intent.id.clone()));
    let opened = intents::open(&app.db, &app.config.quota, &intents, least).await?;
    let count = opened.map_err(|refusal| match refusal {
        Refusal::Over(over) => {
            let instances = if least == most { least.to_string() } else { format!("{least}-{most}") };
            Fault::forbidden(over.message(Some(&instances)))
        }
        Refusal::GroupFull => Fault::forbidden("Quota exceeded, too many servers in group"),
        Refusal::NoGroup(id) => Fault::bad_request(missing(&id)),
    })?;
    intents.truncate(count);
    let others = intents.split_off(1.min(count));
    let first = intents.pop().ok_or_else(|| Fault::internal("no intent was opened"))?;
    Ok((first, others, held))
}

/// Shows from time to time that these intents, which wait for their turn, are not forgotten: what looks so is taken over
/// and closed.
async fn while_touching<T>(app: &App, waiting: &[String], mut work: impl Future<Output = T> + Unpin) -> T {
    let pause = Duration::from_secs(app.config.boot.intent_takeover_s) / 4;
    loop {
        tokio::select! {
            done = &mut work => return done,
            () = tokio::time::sleep(pause) => touch(app, waiting).await,
        }
    }
}

async fn touch(app: &App, waiting: &[String]) {
    if let Err(error) = intents::touch(&app.db, waiting).await {
        tracing::warn!(%error, "waiting boots could not be noted as such");
    }
}

/// The others, some at a time, with the password that the first got.
async fn boot_others(
    order: &Arc<Order>,
    first: &Made,
    intents: Vec<Intent>,
    passed: &Arc<Passed>,
) -> Vec<ApiResult<Ended>> {
    let password = first.server["adminPass"].as_str().map(str::to_owned);
    let app = &order.call.app;
    let mut waiting: Vec<String> = intents.iter().map(|intent| intent.id.clone()).collect();
    let boots = intents.into_iter().map(|intent| {
        let id = intent.id.clone();
        let password = password.clone();
        async move { (id, one(order, intent, password, passed).await) }
    });
    let mut boots = futures_util::stream::iter(boots).buffer_unordered(app.config.boot.concurrent_max);
    let mut all = Vec::new();
    while let Some((id, ended)) = while_touching(app, &waiting, boots.next()).await {
        all.push(ended);
        waiting.retain(|other| *other != id);
    }
    all
}

/// The first server as its region answered, or the reservation id alone.
fn answer(order: &Order, first: Made) -> ApiResult<Response<Body>> {
    let Made { id, place, mut server } = first;
    let call = &order.call;
    let mut headers = place.map_or_else(HeaderMap::new, |(region, mut headers)| {
        below::note_answer(call, &region, &mut headers);
        headers
    });
    let mut response = if order.request.reservation_only {
        http_body::json(StatusCode::ACCEPTED, &json!({ "reservation_id": order.reservation_id }))?
    } else {
        server["id"] = json!(id);
        server["links"] = call.links.both("servers", &id);
        let mut response = http_body::json(StatusCode::ACCEPTED, &json!({ "server": server }))?;
        if let Ok(value) = HeaderValue::try_from(call.links.itself("servers", &id)) {
            response.headers_mut().insert(header::LOCATION, value);
        }
        response
    };
    for name in ["x-openstack-request-id", "x-compute-request-id"] {
        if let Some(value) = headers.remove(name) {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}
