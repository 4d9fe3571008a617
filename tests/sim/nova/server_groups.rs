//! Server groups: their routes, and what their policies and the hints of hosts let a scheduler choose.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::super::http::Resp;
use super::Nova;
use super::call::{Call, Handled};
use super::fault::{NovaFault, fault, invalid};
use super::server::Server;
use super::state::State;

/// A server group.
#[derive(Clone, Debug, PartialEq)]
pub struct ServerGroup {
    pub id: String,
    pub name: String,
    pub policy: String,
    pub rules: Map<String, Value>,
    pub project: String,
    pub user: String,
}

/// `GET /os-server-groups`
pub fn index(call: &Call) -> Handled {
    let all = call.req.q("all_projects").is_some() && call.token.is_admin();
    let number = |key: &str| call.req.q(key).and_then(|text| text.parse::<usize>().ok());
    let limit = number("limit").filter(|limit| *limit > 0).unwrap_or(1_000);
    // A copy: whoever holds the servers may wait for the groups.
    let groups = call.nova.groups();
    let seen = groups.iter().filter(|group| all || group.project == call.token.project_id());
    let page = seen.skip(number("offset").unwrap_or(0)).take(limit);
    let shown: Vec<Value> = page.map(|group| document(call, group)).collect();
    Ok(Resp::json(200, &json!({ "server_groups": shown })))
}

/// `POST /os-server-groups`
pub fn create(call: &Call) -> Handled {
    call.need("member", "os_compute_api:os-server-groups:create")?;
    let wanted = &call.body["server_group"];
    let has = |key: &str| wanted.get(key).is_some();
    if has("policies") == (call.minor >= 64) || (call.minor < 64 && (has("policy") || has("rules"))) {
        return Err(invalid("server_group", wanted, "Additional properties are not allowed"));
    }
    let policy = if call.minor >= 64 { &wanted["policy"] } else { &wanted["policies"][0] };
    let known: &[&str] = &["affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity"];
    let known = if call.minor < 15 { &known[..2] } else { known };
    let policy = policy.as_str().filter(|policy| known.contains(policy));
    let policy = policy.ok_or_else(|| invalid("policy", wanted, "it is not one of those known"))?;
    let name = wanted["name"].as_str().ok_or_else(|| invalid("name", wanted, "'name' is a required property"))?;
    let rules = wanted["rules"].as_object().cloned().unwrap_or_default();
    if !rules.is_empty() && policy != "anti-affinity" {
        return Err(fault(400, "Only anti-affinity policy supports rules."));
    }
    let group = ServerGroup {
        id: Uuid::new_v4().to_string(),
        name: name.to_owned(),
        policy: policy.to_owned(),
        rules,
        project: call.token.project_id().to_owned(),
        user: call.token.user.id.clone(),
    };
    call.nova.groups.lock().unwrap().push(group.clone());
    Ok(Resp::json(200, &json!({ "server_group": document(call, &group) })))
}

/// `GET /os-server-groups/{id}`
pub fn show(call: &Call) -> Handled {
    let group = find(call, call.param("id")).ok_or_else(|| missing(404, call.param("id")))?;
    Ok(Resp::json(200, &json!({ "server_group": document(call, &group) })))
}

/// `DELETE /os-server-groups/{id}`
pub fn delete(call: &Call) -> Handled {
    let group = find(call, call.param("id")).ok_or_else(|| missing(404, call.param("id")))?;
    call.need("member", "os_compute_api:os-server-groups:delete")?;
    call.nova.delete_group(&group.id);
    Ok(Resp::empty(204))
}

/// The group that a boot's hint names.
pub fn wanted(call: &Call, hints: &Map<String, Value>) -> Result<Option<String>, NovaFault> {
    let Some(id) = hints.get("group").and_then(|ids| ids[0].as_str()) else { return Ok(None) };
    find(call, id).map(|group| Some(group.id)).ok_or_else(|| missing(400, id))
}

fn missing(code: u16, id: &str) -> NovaFault {
    fault(code, format!("Instance group {id} could not be found."))
}

/// A group that the caller sees.
fn find(call: &Call, id: &str) -> Option<ServerGroup> {
    let groups = call.nova.groups.lock().unwrap();
    let seen = |group: &&ServerGroup| call.token.is_admin() || group.project == call.token.project_id();
    groups.iter().filter(seen).find(|group| group.id == id).cloned()
}

fn document(call: &Call, group: &ServerGroup) -> Value {
    let state = call.nova.state.lock().unwrap();
    let mut members: Vec<&Server> = members(&state, &group.id).collect();
    members.sort_by_key(|server| server.seq);
    let members: Vec<&str> = members.iter().map(|server| server.id.as_str()).collect();
    let mut shown = json!({"id": group.id, "name": group.name, "members": members});
    if call.minor >= 64 {
        shown["policy"] = json!(group.policy);
        shown["rules"] = json!(group.rules);
    } else {
        shown["policies"] = json!([group.policy]);
        shown["metadata"] = json!({});
    }
    if call.minor >= 13 {
        shown["project_id"] = json!(group.project);
        shown["user_id"] = json!(group.user);
    }
    shown
}

fn members<'a>(state: &'a State, id: &'a str) -> impl Iterator<Item = &'a Server> {
    state.iter().filter(move |server| !server.deleted && server.group.as_deref() == Some(id))
}

impl Nova {
    /// All server groups.
    pub fn groups(&self) -> Vec<ServerGroup> {
        self.groups.lock().unwrap().clone()
    }

    /// Deletes a group; its servers are in none then.
    pub fn delete_group(&self, id: &str) {
        self.groups.lock().unwrap().retain(|group| group.id != id);
        let mut state = self.state.lock().unwrap();
        let ids: Vec<String> = members(&state, id).map(|server| server.id.clone()).collect();
        for id in ids {
            state.alter(&id, |server| server.group = None);
        }
    }

    /// The host that a scheduler chooses for a server: among those that its group and its hints let through, spread by
    /// its id.
    pub(super) fn pick_host(&self, state: &State, id: &str) -> Option<String> {
        let server = state.get(id)?;
        let groups = self.groups.lock().unwrap();
        let group = groups.iter().find(|group| Some(&group.id) == server.group.as_ref());
        let settings = self.settings.lock().unwrap();
        let hosts: Vec<&String> = settings.hosts.iter().filter(|host| passes(state, server, group, host)).collect();
        let place = id.bytes().map(usize::from).sum::<usize>() % hosts.len().max(1);
        hosts.get(place).map(ToString::to_string)
    }
}

fn passes(state: &State, server: &Server, group: Option<&ServerGroup>, host: &str) -> bool {
    let is_here = |other: &Server| !other.deleted && other.host.as_deref() == Some(host);
    let named = |hint: &str| server.hints.get(hint).and_then(Value::as_array);
    let holds = |ids: &Vec<Value>| state.iter().any(|other| ids.contains(&json!(other.id)) && is_here(other));
    if named("same_host").is_some_and(|ids| !holds(ids)) || named("different_host").is_some_and(holds) {
        return false;
    }
    let Some(group) = group else { return true };
    let placed: Vec<&Server> = members(state, &group.id).filter(|other| other.host.is_some()).collect();
    let here = placed.iter().filter(|other| is_here(other)).count();
    match group.policy.as_str() {
        "affinity" => placed.is_empty() || here > 0,
        "anti-affinity" => {
            here < group.rules.get("max_server_per_host").and_then(Value::as_u64).unwrap_or(1).try_into().unwrap_or(1)
        }
        _ => true,
    }
}
