//! `GET /servers/{server_id}/os-interface[/{port_id}]`: ports as the sync last read them in the region's Neutron
//! (`nova/api/openstack/compute/attach_interfaces.py`).

use http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use crate::api::Call;
use crate::db::ports::{self, Port};
use crate::error::{ApiResult, Fault};
use crate::http_body::{self, Body};
use crate::microversion::v2;

/// All of a server's ports.
pub async fn index(call: Call) -> ApiResult<Response<Body>> {
    call.query().refuse_unknown(call.version, 102, |_| false)?;
    let views: Vec<Value> = ports(&call).await?.iter().map(|port| view(port, &call)).collect();
    http_body::json(StatusCode::OK, &json!({ "interfaceAttachments": views }))
}

/// One of them.
pub async fn show(call: Call) -> ApiResult<Response<Body>> {
    call.query().refuse_unknown(call.version, 102, |_| false)?;
    let wanted = call.matched.param("port_id");
    let ports = ports(&call).await?;
    let missing = || {
        Fault::not_found(format!("Instance {} does not have a port with id {wanted}", call.matched.param("server_id")))
    };
    let port = ports.iter().find(|port| port.id == wanted).ok_or_else(missing)?;
    http_body::json(StatusCode::OK, &json!({ "interfaceAttachment": view(port, &call) }))
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

fn view(port: &Port, call: &Call) -> Value {
    let fixed_ips: Value = serde_json::from_str(&port.fixed_ips).unwrap_or_else(|_| json!([]));
    let mut view = Map::new();
    view.insert("net_id".into(), json!(port.network_id));
    view.insert("port_id".into(), json!(port.id));
    view.insert("mac_addr".into(), json!(port.mac));
    view.insert("port_state".into(), json!(port.status));
    view.insert("fixed_ips".into(), fixed_ips);
    if call.version >= v2(70) {
        view.insert("tag".into(), Value::Null);
    }
    Value::Object(view)
}
