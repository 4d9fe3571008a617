//! `POST /os-server-external-events`: what other services tell Nova of servers, sent on to the region of each
//! (`nova/api/openstack/compute/server_external_events.py`).

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::future::join_all;
use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::{Call, body};
use crate::cascade::{below, links, proxy};
use crate::db::servers;
use crate::error::{ApiResult, Fault};
use crate::http_body::{self, Body};

/// Splits the events by region and puts the answers together in their order: 200, or 207 where one failed.
pub async fn create(mut call: Call) -> ApiResult<Response<Body>> {
    let bytes = call.read_body().await?;
    let mut asked = body::parse(&bytes)?;
    let Some(mut events) = asked.get_mut("events").and_then(Value::as_array_mut).map(std::mem::take) else {
        return refusal(&call, bytes).await;
    };
    let ids: Option<Vec<&str>> = events.iter().map(|event| event["server_uuid"].as_str()).collect();
    let Some(ids) = ids else { return refusal(&call, bytes).await };
    let regions: BTreeMap<String, String> = servers::regions_of(&call.app.db, &ids).await?.into_iter().collect();
    let mut by_region: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (number, id) in ids.iter().enumerate() {
        if let Some(region) = regions.get(*id) {
            by_region.entry(region).or_default().push(number);
        }
    }
    let sends = by_region.into_iter().map(|(region, numbers)| {
        let part: Vec<&Value> = numbers.iter().map(|number| &events[*number]).collect();
        let part = json!({ "events": part }).to_string();
        let call = &call;
        async move { (region_answer(call, region, part.into()).await, numbers) }
    });
    let mut told: BTreeMap<usize, Value> = BTreeMap::new();
    for (answer, numbers) in join_all(sends).await {
        let answer = answer?;
        if !answer.status().is_success() {
            return Ok(answer);
        }
        let (_, mut answer) = links::json(&call, answer).await?;
        let answered = answer["events"].as_array_mut().map(std::mem::take).unwrap_or_default();
        told.extend(numbers.into_iter().zip(answered));
    }
    for (number, event) in events.iter_mut().enumerate() {
        if let Some(answered) = told.remove(&number) {
            *event = answered;
        } else {
            (event["status"], event["code"]) = (json!("failed"), json!(404));
        }
    }
    let all = events.iter().all(|event| event["code"] == 200);
    http_body::json(if all { StatusCode::OK } else { StatusCode::MULTI_STATUS }, &json!({ "events": events }))
}

async fn region_answer(call: &Call, region_id: &str, body: Bytes) -> ApiResult<Response<Body>> {
    let region = call.app.registry.get(region_id);
    let region = region.ok_or_else(|| Fault::internal(format!("region {region_id} is not registered")))?;
    let answer = proxy::send(call, &region, &below::path(call, ""), body).await;
    call.app.sync.wake(region.id());
    answer
}

/// What is wrong with a body any region says in Nova's words.
async fn refusal(call: &Call, body: Bytes) -> ApiResult<Response<Body>> {
    let regions = call.app.registry.all();
    let region = regions.iter().find(|region| region.health.down().is_none());
    let region = region.ok_or_else(|| Fault::unavailable("No region is up; try again."))?;
    proxy::send(call, region, &below::path(call, ""), body).await
}
