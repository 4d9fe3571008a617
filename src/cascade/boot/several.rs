//! All servers of one request: each a saga of its own, under one reservation id and Nova's names, so that what does not
//! fit in one region lands in the next. See docs/decisions/0009-multi-create.md.

use bytes::Bytes;
use futures_util::StreamExt;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::json;

use super::order::Order;
use super::saga::{Ended, Made, Passed, Saga};
use crate::api::Call;
use crate::cascade::below;
use crate::cascade::undo;
use crate::error::{ApiResult, Fault};
use crate::http_body::{self, Body};

/// Boots the server(s) that `bytes` describe.
///
/// # Errors
/// What is wrong with the request, a region's refusal, or why no region takes it.
pub async fn boot(call: &Call, bytes: &Bytes) -> ApiResult<Response<Body>> {
    let order = Order::read(call, bytes).await?;
    let passed = Passed::default();
    // The first goes alone: it finds out what is wrong with the request.
    let first = match Saga::new(&order, 0, None, &passed).run().await? {
        Ended::Made(made) => made,
        Ended::Unknown(fault) | Ended::None(fault) => return Err(fault),
    };
    let others = others(&order, &first, &passed).await;
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
        undo::delete(call, &made.region, &made.id).await;
    }
    Err(refusal.unwrap_or_else(|| Fault::internal("servers are missing and none was refused")))
}

/// The others, some at a time, with the password that the first got.
async fn others(order: &Order<'_>, first: &Made, passed: &Passed) -> Vec<ApiResult<Ended>> {
    let password = first.server["adminPass"].as_str().map(str::to_owned);
    let boots = (1..order.request.most).map(|index| {
        let index = i32::try_from(index).unwrap_or(i32::MAX);
        Saga::new(order, index, password.clone(), passed).run()
    });
    futures_util::stream::iter(boots).buffer_unordered(order.call.app.config.boot.concurrent_max).collect().await
}

/// The first server as its region answered, or the reservation id alone.
fn answer(order: &Order<'_>, first: Made) -> ApiResult<Response<Body>> {
    let Made { id, region, mut headers, mut server } = first;
    let call = order.call;
    below::note_answer(call, &region, &mut headers);
    let mut response = if order.request.reservation_only {
        http_body::json(StatusCode::ACCEPTED, &json!({ "reservation_id": order.reservation_id }))?
    } else {
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
