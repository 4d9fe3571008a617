//! One server: show, change, delete, and its small lists.

use serde_json::{Value, json};

use super::super::http::Resp;
use super::boot::Pending;
use super::call::{Call, Handled};
use super::fault::{NovaFault, fault, invalid};
use super::server::Server;
use super::view::{self, Doc, render};

impl Call<'_> {
    /// Reads the server of the path: 404 if it is deleted, or another project's.
    pub fn server<T>(&self, read: impl FnOnce(&mut Server) -> T) -> Result<T, NovaFault> {
        let id = self.param("id");
        let mut state = self.nova.state.lock().unwrap();
        let found = state.get(id).filter(|server| self.sees(server)).map(|server| server.seq);
        found.and_then(|seq| state.at(seq)).map(read).ok_or_else(|| not_found(id))
    }

    /// Changes the server of the path, and its `updated`.
    pub fn change<T>(&self, change: impl FnOnce(&mut Server) -> T) -> Result<T, NovaFault> {
        let id = self.param("id");
        let mut state = self.nova.state.lock().unwrap();
        state.get(id).filter(|server| self.sees(server)).ok_or_else(|| not_found(id))?;
        state.change(id, self.nova.now(), change).ok_or_else(|| not_found(id))
    }

    fn sees(&self, server: &Server) -> bool {
        !server.deleted && (self.token.is_admin() || server.project == self.token.project_id())
    }
}

/// 404 for a server.
pub fn not_found(id: &str) -> NovaFault {
    fault(404, format!("Instance {id} could not be found."))
}

/// `{"server": …}` around a document that is rendered already.
pub fn wrapped(status: u16, document: &str) -> Resp {
    Resp::text(status, "application/json", format!("{{\"server\": {document}}}"))
}

/// `GET /servers/{id}`
pub fn show(call: &Call) -> Handled {
    let (look, now) = (call.look(Doc::Show), call.nova.now());
    call.server(|server| {
        if !call.req.lens.downs(server.seq) {
            return Ok(wrapped(200, &render(server, &look, now)));
        }
        match call.minor {
            69.. => Ok(wrapped(200, &view::minimal(server, &look).to_string())),
            _ => Err(fault(500, "Unexpected API Error. <class 'nova.exception.NovaException'>")),
        }
    })?
}

/// `PUT /servers/{id}`
pub fn update(call: &Call) -> Handled {
    call.need("member", "os_compute_api:servers:update")?;
    let Some(fields) = call.body["server"].as_object() else {
        return Err(invalid("server", &call.body["server"], "'server' is a required property"));
    };
    let known = |key: &str| match key {
        "name" | "accessIPv4" | "accessIPv6" | "OS-DCF:diskConfig" => true,
        "description" => call.minor >= 19,
        "hostname" => call.minor >= 90,
        "pinned_availability_zone" => call.minor >= 104,
        _ => false,
    };
    if let Some(key) = fields.keys().find(|key| !known(key)) {
        let why = format!("Additional properties are not allowed ('{key}' was unexpected)");
        return Err(invalid("server", &call.body["server"], &why));
    }
    let (look, now) = (call.look(Doc::Update), call.nova.now());
    call.change(|server| {
        for (key, value) in fields {
            let text = value.as_str().unwrap_or_default().trim().to_owned();
            match key.as_str() {
                "name" => server.name = text,
                "accessIPv4" => server.access_ip_v4 = text,
                "accessIPv6" => server.access_ip_v6 = text,
                "OS-DCF:diskConfig" => server.disk_config = text,
                "description" => server.description = value.as_str().map(ToOwned::to_owned),
                "hostname" => server.hostname = text,
                _ => server.pinned_zone = value.as_str().map(ToOwned::to_owned),
            }
        }
    })?;
    call.server(|server| wrapped(200, &render(server, &look, now)))
}

/// `DELETE /servers/{id}`
pub fn delete(call: &Call) -> Handled {
    call.need("member", "os_compute_api:servers:delete")?;
    let admin = call.token.is_admin();
    let id = call.param("id").to_owned();
    if call.server(|server| server.locked && !admin)? {
        return Err(fault(409, format!("Instance {id} is locked")));
    }
    call.change(|server| {
        server.task_state = Some("deleting".into());
        server.pending = Some(Pending::Delete);
    })?;
    let pace = call.nova.settings.lock().unwrap().deletes;
    call.nova.schedule(&id, pace);
    Ok(Resp::empty(204))
}

/// `GET /servers/{id}/os-interface`
pub fn interfaces(call: &Call) -> Handled {
    let id = call.server(|server| server.id.clone())?;
    let ports: Vec<Value> = call.nova.neutron.ports_of(&id).iter().map(|port| attachment(call, port)).collect();
    Ok(Resp::json(200, &json!({"interfaceAttachments": ports})))
}

/// `GET /servers/{id}/os-interface/{port}`
pub fn interface(call: &Call) -> Handled {
    let (id, wanted) = (call.server(|server| server.id.clone())?, call.param("port"));
    match call.nova.neutron.ports_of(&id).iter().find(|port| port.id == wanted) {
        Some(port) => Ok(Resp::json(200, &json!({"interfaceAttachment": attachment(call, port)}))),
        None => Err(fault(404, format!("Port id {wanted} could not be found."))),
    }
}

/// A detach: accepted, and done by the test's hand, for nothing in the server's document tells that it is under way.
pub fn take_on(call: &Call) -> Handled {
    call.need("member", "os_compute_api:os-attach-interfaces:delete")?;
    call.server(|_| Resp::empty(202))
}

fn attachment(call: &Call, port: &super::super::neutron::Port) -> Value {
    let mut shown = json!({
        "net_id": port.network_id, "port_id": port.id, "mac_addr": port.mac_address,
        "port_state": port.status, "fixed_ips": port.fixed_ips(),
    });
    if call.minor >= 70 {
        shown["tag"] = Value::Null;
    }
    shown
}

/// `GET /servers/{id}/ips`
pub fn addresses(call: &Call) -> Handled {
    let addresses = call.server(|server| view::addresses(server, false))?;
    Ok(Resp::json(200, &json!({ "addresses": addresses })))
}

/// `GET /servers/{id}/metadata`
pub fn metadata(call: &Call) -> Handled {
    call.server(|server| Resp::json(200, &json!({"metadata": server.metadata})))
}

/// `POST /servers/{id}/metadata`: adds and overwrites.
pub fn add_metadata(call: &Call) -> Handled {
    call.need("member", "os_compute_api:server-metadata:create")?;
    let Some(given) = call.body["metadata"].as_object().cloned() else {
        return Err(invalid("metadata", &call.body["metadata"], "'metadata' is a required property"));
    };
    call.change(|server| {
        server.metadata.extend(given);
        Resp::json(200, &json!({"metadata": server.metadata}))
    })
}

/// `GET /servers/{id}/tags`
pub fn tags(call: &Call) -> Handled {
    call.server(|server| Resp::json(200, &json!({"tags": server.tags})))
}

/// `PUT /servers/{id}/tags`: as in Nova, `updated` stays what it was.
pub fn set_tags(call: &Call) -> Handled {
    call.need("member", "os_compute_api:os-server-tags:update_all")?;
    let given = call.body["tags"].as_array().into_iter().flatten();
    let tags: Vec<String> = given.filter_map(Value::as_str).map(ToOwned::to_owned).collect();
    let id = call.server(|server| server.id.clone())?;
    call.nova.state.lock().unwrap().alter(&id, |server| server.tags.clone_from(&tags));
    Ok(Resp::json(200, &json!({ "tags": tags })))
}
