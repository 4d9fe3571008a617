//! Networking v2.0 over HTTP.

use serde_json::{Value, json};
use uuid::Uuid;

use super::super::faults::Service;
use super::super::http::{Req, Resp, encode};
use super::super::journal::Journal;
use super::super::keystone::Token;
use super::super::serve::App;
use super::Neutron;
use super::records::narrow;

impl App for Neutron {
    fn service(&self) -> Service {
        Service::Neutron
    }

    fn journal(&self) -> &Journal {
        &self.journal
    }

    fn route(&self, path: &str) -> Option<String> {
        let rest = path.strip_prefix("/v2.0/").unwrap_or_default();
        Some(match rest.split_once('/') {
            Some((collection, id)) if !id.is_empty() => format!("/v2.0/{collection}/{{id}}"),
            _ => path.trim_end_matches('/').to_owned(),
        })
    }

    fn handle(&self, req: &Req) -> Resp {
        if req.path == "/" {
            let links = json!([{"rel": "self", "href": format!("{}/v2.0/", req.base)}]);
            return Resp::json(200, &json!({"versions": [{"id": "v2.0", "status": "CURRENT", "links": links}]}));
        }
        let token = match self.keystone.authenticate(req) {
            Ok(token) => token,
            Err(resp) => return *resp,
        };
        let rest = req.path.strip_prefix("/v2.0").unwrap_or("/").trim_matches('/').trim_end_matches(".json");
        let (collection, id) = rest.split_once('/').map_or((rest, None), |(collection, id)| (collection, Some(id)));
        let resp = match (req.method.as_str(), collection, id) {
            ("GET", "networks" | "subnets" | "ports" | "security-groups" | "floatingips", None) => {
                self.list(req, &token, collection)
            }
            ("GET", "networks" | "subnets" | "ports" | "security-groups", Some(id)) => {
                self.show(req, &token, collection, id)
            }
            ("DELETE", "ports", Some(id)) => self.delete_port(&token, id),
            ("GET", "extensions", None) => Resp::json(200, &json!({ collection: [] })),
            ("GET", "", None) => Resp::json(200, &json!({"resources": []})),
            _ => error(404, "HTTPNotFound", "The resource could not be found."),
        };
        resp.with("x-openstack-request-id", &format!("req-{}", Uuid::new_v4()))
    }

    fn fault(&self, _req: &Req, status: u16, message: &str) -> Resp {
        error(status, "Fault", message)
    }
}

/// Neutron's form of fault.
fn error(status: u16, kind: &str, message: &str) -> Resp {
    Resp::json(status, &json!({"NeutronError": {"type": kind, "message": message, "detail": ""}}))
}

/// Query parameters that shape a list rather than filter it.
const SHAPING: &[&str] = &["fields", "limit", "marker", "sort_key", "sort_dir", "page_reverse"];

impl Neutron {
    fn list(&self, req: &Req, token: &Token, collection: &str) -> Resp {
        let fields: Vec<&str> = req.q_all("fields").collect();
        let ids = if collection == "ports" { self.candidates(req, token) } else { None };
        let mut documents = self.documents(token, collection, ids.as_deref());
        if let Some(odd) = unknown_filter(req, collection) {
            return error(400, "HTTPBadRequest", &format!("['{odd}'] is invalid attribute for filtering"));
        }
        documents.retain(|document| passes(document, req));
        sort(&mut documents, req);
        if let Some(marker) = req.q("marker") {
            let Some(place) = documents.iter().position(|document| document["id"] == marker) else {
                let kind = collection.trim_end_matches('s');
                return error(404, "MarkerNotFound", &format!("The marker '{marker}' of {kind} could not be found."));
            };
            documents.drain(..=place);
        }
        let key = collection.replace('-', "_");
        let limit = req.q("limit").and_then(|limit| limit.parse::<usize>().ok());
        let mut next = None;
        if let Some(limit) = limit.filter(|limit| *limit <= documents.len()) {
            documents.truncate(limit);
            next = documents.last().and_then(|last| last["id"].as_str()).map(|last| next_link(req, collection, last));
        }
        let shown: Vec<Value> = documents.into_iter().map(|document| narrow(document, &fields)).collect();
        let mut answer = json!({ &key: shown });
        if let Some(href) = next {
            answer[format!("{key}_links")] = json!([{"rel": "next", "href": href}]);
        }
        Resp::json(200, &answer)
    }

    /// The ports that can be on the page, where that is cheap to say: thousands of others then cost nothing.
    fn candidates(&self, req: &Req, token: &Token) -> Option<Vec<String>> {
        let state = self.state.lock().unwrap();
        if req.q("device_id").is_some() {
            return Some(
                req.q_all("device_id").filter_map(|device| state.devices.get(device)).flatten().cloned().collect(),
            );
        }
        let in_order = req.q("sort_key").is_none_or(|key| key == "id") && req.q("sort_dir") != Some("desc");
        if !in_order || req.query.iter().any(|(key, _)| !SHAPING.contains(&key.as_str())) {
            return None;
        }
        let marker = req.q("marker").unwrap_or_default();
        let limit: usize = req.q("limit")?.parse().ok()?;
        let seen = |port: &&super::Port| token.is_admin() || port.project == token.project_id();
        let from = state.ports.range(marker.to_owned()..).map(|(_, port)| port).filter(seen);
        // The marker itself is among them, since the list looks for it.
        Some(from.take(limit + 1).map(|port| port.id.clone()).collect())
    }

    /// What the caller sees of a collection.
    fn documents(&self, token: &Token, collection: &str, ids: Option<&[String]>) -> Vec<Value> {
        self.ensure_default_group(token);
        let (admin, project) = (token.is_admin(), token.project_id());
        let state = self.state.lock().unwrap();
        let networks = state.networks.values().filter(|net| net.seen_by(token));
        match collection {
            "networks" => networks.map(super::Network::document).collect(),
            "subnets" => networks.map(super::Network::subnet).collect(),
            "ports" => {
                let seen = |port: &&super::Port| admin || port.project == project;
                match ids {
                    Some(ids) => {
                        let chosen = ids.iter().filter_map(|id| state.ports.get(id));
                        chosen.filter(seen).map(|port| port.document(admin)).collect()
                    }
                    None => state.ports.values().filter(seen).map(|port| port.document(admin)).collect(),
                }
            }
            "floatingips" if admin => state.floating_ips.iter().map(super::records::floating_ip).collect(),
            "floatingips" => Vec::new(),
            _ => {
                let groups = state.groups.iter().filter(|group| admin || group.project == project);
                groups.map(super::SecurityGroup::document).collect()
            }
        }
    }

    fn show(&self, req: &Req, token: &Token, collection: &str, id: &str) -> Resp {
        let fields: Vec<&str> = req.q_all("fields").collect();
        let ids = [id.to_owned()];
        let found = self.documents(token, collection, Some(&ids)).into_iter().find(|document| document["id"] == id);
        let (key, kind, words) = match collection {
            "networks" => ("network", "NetworkNotFound", "Network"),
            "subnets" => ("subnet", "SubnetNotFound", "Subnet"),
            "ports" => ("port", "PortNotFound", "Port"),
            _ => ("security_group", "SecurityGroupNotFound", "Security group"),
        };
        match found {
            Some(document) => Resp::json(200, &json!({ key: narrow(document, &fields) })),
            None => error(404, kind, &format!("{words} {id} could not be found.")),
        }
    }

    fn delete_port(&self, token: &Token, id: &str) -> Resp {
        let seen = self.port(id).is_some_and(|port| token.is_admin() || port.project == token.project_id());
        if seen && self.remove_port(id) {
            return Resp::empty(204);
        }
        error(404, "PortNotFound", &format!("Port {id} could not be found."))
    }
}

/// A filter that is no attribute of the collection. Neutron refuses these, `changed_since` among them.
fn unknown_filter<'a>(req: &'a Req, collection: &str) -> Option<&'a str> {
    const COMMON: &[&str] = &[
        "id",
        "name",
        "project_id",
        "tenant_id",
        "status",
        "description",
        "tags",
        "admin_state_up",
        "revision_number",
        "shared",
    ];
    let own: &[&str] = match collection {
        "networks" => &["router:external", "is_default", "subnets", "mtu"],
        "subnets" => &["network_id", "cidr", "ip_version", "enable_dhcp", "gateway_ip"],
        "floatingips" => &["floating_ip_address", "port_id", "router_id", "floating_network_id"],
        "ports" => &["network_id", "device_id", "device_owner", "mac_address", "binding:host_id", "fixed_ips"],
        _ => &["stateful"],
    };
    let known = |key: &str| SHAPING.contains(&key) || COMMON.contains(&key) || own.contains(&key);
    req.query.iter().map(|(key, _)| key.as_str()).find(|key| !known(key))
}

/// Whether each filter finds one of its values. Those of `fixed_ips` are `ip_address=…` or `subnet_id=…`.
fn passes(document: &Value, req: &Req) -> bool {
    let filters = req.query.iter().filter(|(key, _)| !SHAPING.contains(&key.as_str()));
    filters.map(|(key, _)| key.as_str()).all(|key| {
        req.q_all(key).any(|wanted| match &document[key] {
            Value::String(text) => text == wanted,
            Value::Bool(flag) => matches!(wanted, "True" | "true" | "1") == *flag,
            Value::Array(items) if key == "fixed_ips" => {
                wanted.split_once('=').is_some_and(|(part, value)| items.iter().any(|item| item[part] == value))
            }
            Value::Array(items) => items.iter().any(|item| item == wanted),
            Value::Number(number) => wanted.parse().is_ok_and(|wanted: u64| number.as_u64() == Some(wanted)),
            _ => false,
        })
    })
}

fn sort(documents: &mut [Value], req: &Req) {
    let key = req.q("sort_key").unwrap_or("id");
    documents
        .sort_by(|a, b| a[key].as_str().cmp(&b[key].as_str()).then_with(|| a["id"].as_str().cmp(&b["id"].as_str())));
    if req.q("sort_dir") == Some("desc") {
        documents.reverse();
    }
}

fn next_link(req: &Req, collection: &str, last: &str) -> String {
    let kept = req.query.iter().filter(|(key, _)| key != "marker");
    let pairs: Vec<String> = kept.map(|(key, value)| format!("{}={}", encode(key), encode(value))).collect();
    format!("{}/v2.0/{collection}?{}&marker={last}", req.base, pairs.join("&"))
}
