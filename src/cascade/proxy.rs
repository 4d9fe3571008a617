//! Calls about things that are kept in regions and that the top does not map: every region is asked, at once, and the
//! one that has the thing answers.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::join_all;
use http::{HeaderValue, Method, Response, StatusCode};
use serde_json::Value;

use super::{below, links};
use crate::api::Call;
use crate::error::{ApiResult, Fault};
use crate::http_body::Body;
use crate::regions::{CallError, Region};

/// What one region says.
pub type Answer = (Arc<Region>, Result<Response<Body>, CallError>);

/// Sends a read to every region; `path` says what to ask of each. In the order of the regions' names.
pub async fn everywhere(call: &Call, path: impl Fn(&Region) -> String) -> Vec<Answer> {
    let regions = call.app.registry.all();
    let ask = |region: Arc<Region>| {
        let path = path(&region);
        async move {
            let answer = below::send(call, &region, &Method::GET, &path, Bytes::new()).await;
            (region, answer)
        }
    };
    join_all(regions.iter().cloned().map(ask)).await
}

/// The first answer that is a success; else the first refusal other than 404, 503 where a region that may have the
/// thing did not answer, and 404.
///
/// # Errors
/// 503.
pub fn best(mut answers: Vec<Answer>) -> ApiResult<(Arc<Region>, Response<Body>)> {
    let rank = |(_, answer): &Answer| match answer {
        Ok(answer) if answer.status().is_success() => 0,
        Ok(answer) if answer.status() != StatusCode::NOT_FOUND => 1,
        Err(_) => 2,
        Ok(_) => 3,
    };
    answers.sort_by_key(rank);
    match answers.into_iter().next() {
        Some((region, answer)) => Ok((region, answer.map_err(|error| below::read_fault(&error))?)),
        None => Err(Fault::unavailable("No region is registered.")),
    }
}

/// Sends a call about one thing to the region that has it, which `probe` finds: the path of a read of the thing.
///
/// # Errors
/// The refusal of the regions, where none has it.
pub async fn to_owner(
    call: &mut Call,
    path: impl Fn(&Region) -> String,
    probe: impl Fn(&Region) -> String,
) -> ApiResult<(Arc<Region>, Response<Body>)> {
    let method = call.matched.route.method;
    if *method == Method::GET {
        return best(everywhere(call, path).await);
    }
    let body = call.read_body().await?;
    let (region, found) = best(everywhere(call, probe).await)?;
    if !found.status().is_success() {
        return Ok((region, found));
    }
    // Its permit of the region would be held while the next one is waited for.
    drop(found);
    let answer = send(call, &region, &path(&region), body).await?;
    Ok((region, answer))
}

/// Sends the call to a region that is known to be the right one.
///
/// # Errors
/// 503 where it does not answer.
pub async fn send(call: &Call, region: &Region, path: &str, body: Bytes) -> ApiResult<Response<Body>> {
    let answer = below::send(call, region, call.matched.route.method, path, body).await;
    answer.map_err(|error| below::change_fault(&error))
}

/// The lists under `key` of every region's answer, and the names of those that did not answer.
///
/// # Errors
/// A region's refusal where none gives a list, and 503 where none answers.
pub async fn lists(
    call: &Call,
    answers: Vec<Answer>,
    key: &str,
) -> ApiResult<Result<(Vec<(Arc<Region>, Value)>, Vec<String>), Response<Body>>> {
    let (good, bad): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|(_, answer)| answer.as_ref().is_ok_and(|answer| answer.status().is_success()));
    if good.is_empty() {
        return Ok(Err(best(bad)?.1));
    }
    let (mut items, missing) = (Vec::new(), bad.iter().map(|(region, _)| region.name().to_owned()).collect());
    for (region, answer) in good {
        let Ok(answer) = answer else { continue };
        let (_, mut document) = links::json(call, answer).await?;
        if let Value::Array(list) = document[key].take() {
            items.extend(list.into_iter().map(|item| (region.clone(), item)));
        }
    }
    Ok(Ok((items, missing)))
}

/// Names the regions that a merged list lacks.
pub fn tell_missing(response: &mut Response<Body>, missing: &[String]) {
    for region in missing {
        if let Ok(value) = HeaderValue::try_from(region) {
            response.headers_mut().append("x-cascade-missing", value);
        }
    }
}
