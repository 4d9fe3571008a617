//! `GET /servers/{server_id}/os-interface[/{port_id}]`: ports as the sync last read them in the region's Neutron
//! (`nova/api/openstack/compute/attach_interfaces.py`). What Neutron does not know the region's Nova is asked for.

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use super::routed;
use crate::api::Call;
use crate::cascade::below;
use crate::cascade::translate::{self, Field, Names};
use crate::db::ports::{self, Port};
use crate::error::ApiResult;
use crate::http_body::{self, Body};
use crate::microversion::{Microversion, v2};

/// From it on a port has its device tag, which Nova keeps to itself.
const TAGS_SINCE: Microversion = v2(70);

/// All of a server's ports.
pub async fn index(call: Call) -> ApiResult<Response<Body>> {
    if call.version >= TAGS_SINCE {
        return routed::forward(call).await;
    }
    let views: Vec<Value> = ports(&call).await?.iter().map(view).collect();
    http_body::json(StatusCode::OK, &json!({ "interfaceAttachments": views }))
}

/// One of them. The region's words for one that is not there depend on whether some other server has it.
pub async fn show(call: Call) -> ApiResult<Response<Body>> {
    let ports = if call.version < TAGS_SINCE { ports(&call).await? } else { Vec::new() };
    match ports.iter().find(|port| port.id.eq_ignore_ascii_case(call.matched.param("port_id"))) {
        Some(port) => http_body::json(StatusCode::OK, &json!({ "interfaceAttachment": view(port) })),
        None => routed::forward(call).await,
    }
}

/// Attaches a port, or a new one on a network; the network is named as it is called on top.
pub async fn attach(mut call: Call) -> ApiResult<Response<Body>> {
    const NAMES: &[Field] = &[("/interfaceAttachment/net_id", Names::Network)];
    let bytes = call.read_body().await?;
    let mut body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let (region, _) = below::place(&call)?;
    let translated = translate::body(&call, &region, &mut body, NAMES).await?;
    routed::forward_body(call, if translated { Bytes::from(body.to_string()) } else { bytes }).await
}

async fn ports(call: &Call) -> ApiResult<Vec<Port>> {
    let row = call.server()?;
    if !row.settled {
        call.app.sync.refresh(row.region_id.iter().map(String::as_str)).await;
    }
    match (&row.region_id, &row.local_id) {
        (Some(region_id), Some(local_id)) => Ok(ports::of_server(&call.app.db, region_id, local_id).await?),
        _ => Ok(Vec::new()),
    }
}

fn view(port: &Port) -> Value {
    let fixed_ips: Value = serde_json::from_str(&port.fixed_ips).unwrap_or_else(|_| json!([]));
    let mut view = Map::new();
    view.insert("net_id".into(), json!(port.network_id));
    view.insert("port_id".into(), json!(port.id));
    view.insert("mac_addr".into(), json!(port.mac));
    view.insert("port_state".into(), json!(port.status));
    view.insert("fixed_ips".into(), fixed_ips);
    Value::Object(view)
}
