//! What a server's region answers as it is asked: the call goes down with the server's id there, and the answer comes
//! back as it is.

use bytes::Bytes;
use http::{Method, Response};

use super::alone;
use crate::api::Call;
use crate::cascade::act::{self, Change};
use crate::cascade::{below, links};
use crate::error::ApiResult;
use crate::http_body::Body;

/// Any route whose answer names nothing that is called otherwise on top.
pub async fn forward(mut call: Call) -> ApiResult<Response<Body>> {
    let body = call.read_body().await?;
    forward_body(call, body).await
}

/// The same with the body that the handler has read.
pub async fn forward_body(call: Call, body: Bytes) -> ApiResult<Response<Body>> {
    Ok(answer(&call, body).await?.0)
}

/// A read whose answer's `links` lead to a next page.
pub async fn page(call: &Call) -> ApiResult<Response<Body>> {
    let (response, local_id) = answer(call, Bytes::new()).await?;
    links::of_page(call, &local_id, response).await
}

/// The region's answer, and the server's id there.
async fn answer(call: &Call, body: Bytes) -> ApiResult<(Response<Body>, String)> {
    if call.server()?.region_id.is_none() {
        return Ok((alone::answer(call)?, String::new()));
    }
    let (region, local_id) = below::place(call)?;
    let path = below::path(call, &local_id);
    let method = call.matched.route.method;
    let mut response = if *method == Method::GET {
        below::send(call, &region, method, &path, body).await.map_err(|error| below::read_fault(&error))?
    } else {
        let change = Change::of_route(call, &body).await?;
        act::change(call, &region, &path, body, &change).await?
    };
    links::location(call, &local_id, response.headers_mut());
    Ok((links::named(call, &local_id, response).await?, local_id))
}
