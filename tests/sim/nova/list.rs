//! Lists of servers.

use std::cmp::Ordering;
use std::sync::Arc;

use super::super::http::Resp;
use super::call::{Call, Handled};
use super::fault::NovaFault;
use super::filter::Filter;
use super::page::{Page, unknown_marker};
use super::server::Server;
use super::state::State;
use super::view::{self, Doc, render};

/// `GET /servers`
pub fn index(call: &Call) -> Handled {
    list(call, Doc::Basic)
}

/// `GET /servers/detail`
pub fn detail(call: &Call) -> Handled {
    list(call, Doc::Detail)
}

fn list(call: &Call, doc: Doc) -> Handled {
    let page = Page::of(call.req)?;
    let filter = Filter::of(call, doc == Doc::Detail)?;
    let mut state = call.nova.state.lock().unwrap();
    let chosen = if filter.nothing { Vec::new() } else { choose(call, &state, &filter, &page)? };
    let last = chosen.last().and_then(|seq| state.at(*seq)).map(|server| server.id.clone());
    let (look, now) = (call.look(doc), call.nova.now());
    // Nova gives records of a down cell only to a list that nothing narrows; elsewhere it is silent about them.
    let plain = !filter.narrowed && ["limit", "marker", "sort_key"].iter().all(|key| call.req.q(key).is_none());
    let mut documents: Vec<Arc<str>> = Vec::with_capacity(chosen.len());
    for seq in &chosen {
        let Some(server) = state.at(*seq) else { continue };
        if !call.req.lens.downs(*seq) {
            documents.push(render(server, &look, now));
        } else if plain && call.minor >= 69 {
            documents.push(view::minimal(server, &look).to_string().into());
        }
    }
    drop(state);
    if call.req.lens.reversed {
        documents.reverse();
    }
    let mut body = format!("{{\"servers\": [{}]", documents.join(", "));
    let collection = if doc == Doc::Detail { "servers/detail" } else { "servers" };
    if let Some(next) = page.next(call, collection, chosen.len(), last.as_deref()) {
        body += &format!(", \"servers_links\": {next}");
    }
    body.push('}');
    Ok(Resp::text(200, "application/json", body))
}

/// The numbers of the servers on the page, in its order.
fn choose(call: &Call, state: &State, filter: &Filter, page: &Page) -> Result<Vec<u64>, NovaFault> {
    let marker = match &page.marker {
        None => None,
        // The marker may be a deleted server, and need not pass the filter.
        Some(id) => Some(state.get(id).ok_or_else(|| unknown_marker(id))?),
    };
    let wanted = |server: &&Server| filter.has(server) && !call.req.lens.hides(server.seq);
    let order = Order::of(call);
    if call.req.lens.requests {
        return choose_with_requests(state, filter, page, &order);
    }
    let by_changes = filter.since.is_some() || filter.before.is_some();
    if order.is_default() && !by_changes {
        let found = state.newest_first(marker).filter(wanted).take(page.limit);
        return Ok(found.map(|server| server.seq).collect());
    }
    let mut found: Vec<&Server> = if by_changes {
        let (since, before) = (filter.since.unwrap_or(i64::MIN), filter.before.unwrap_or(i64::MAX));
        state.updated_within(since, before).filter(wanted).collect()
    } else {
        state.iter().filter(wanted).collect()
    };
    if let Some(marker) = marker {
        found.retain(|server| order.compare(server, marker) == Ordering::Greater);
    }
    found.sort_unstable_by(|a, b| order.compare(a, b));
    Ok(found.into_iter().take(page.limit).map(|server| server.seq).collect())
}

/// As Nova does it (`nova/compute/api.py`, `get_all`): BuildRequests come first, whatever the list is sorted by and
/// whatever has changed; behind a marker that is one of them, instances begin anew. What has both is once on a page.
fn choose_with_requests(state: &State, filter: &Filter, page: &Page, order: &Order) -> Result<Vec<u64>, NovaFault> {
    let marker = match &page.marker {
        None => None,
        Some(id) => Some(state.get(id).ok_or_else(|| unknown_marker(id))?),
    };
    let is_request = |server: &Server| server.vm_state == "building" && server.host.is_none();
    let behind = |server: &Server| marker.is_none_or(|marker| order.compare(server, marker) == Ordering::Greater);
    let (since, before) = (filter.since.unwrap_or(i64::MIN), filter.before.unwrap_or(i64::MAX));
    let changed = |server: &Server| server.updated.is_none_or(|at| (since..=before).contains(&at));
    let mut all: Vec<&Server> = state.iter().filter(|server| filter.has(server)).collect();
    all.sort_unstable_by(|a, b| order.compare(a, b));
    let by_request = marker.is_none_or(is_request);
    let requests = all.iter().filter(|server| by_request && is_request(server) && behind(server));
    let mut chosen: Vec<u64> = requests.take(page.limit).map(|server| server.seq).collect();
    let instances = all.iter().filter(|server| changed(server) && (by_request || behind(server)));
    let instances: Vec<u64> = instances.map(|server| server.seq).filter(|seq| !chosen.contains(seq)).collect();
    let room = page.limit - chosen.len();
    chosen.extend(instances.into_iter().take(room));
    Ok(chosen)
}

/// The order of a list: keys, each with whether it descends.
struct Order(Vec<(String, bool)>);

impl Order {
    fn of(call: &Call) -> Self {
        let directions: Vec<bool> = call.req.q_all("sort_dir").map(|dir| dir == "desc").collect();
        let first = directions.first().copied().unwrap_or(true);
        let keys = call.req.q_all("sort_key").enumerate();
        // A key without a direction of its own takes the first one.
        Self(keys.map(|(n, key)| (key.to_owned(), directions.get(n).copied().unwrap_or(first))).collect())
    }

    fn is_default(&self) -> bool {
        self.0.is_empty()
    }

    fn compare(&self, a: &Server, b: &Server) -> Ordering {
        for (key, descends) in &self.0 {
            let order = by_key(key, a, b);
            if order != Ordering::Equal {
                return if *descends { order.reverse() } else { order };
            }
        }
        // Newest first unless keys were given; servers that are equal so far by id.
        let newest = if self.is_default() { b.created.cmp(&a.created) } else { Ordering::Equal };
        newest.then_with(|| a.id.cmp(&b.id))
    }
}

fn by_key(key: &str, a: &Server, b: &Server) -> Ordering {
    match key {
        "created_at" => a.created.cmp(&b.created),
        "updated_at" => a.updated.cmp(&b.updated),
        "launched_at" => a.launched.cmp(&b.launched),
        "display_name" => a.name.cmp(&b.name),
        "uuid" => a.id.cmp(&b.id),
        "vm_state" => a.vm_state.cmp(&b.vm_state),
        "task_state" => a.task_state.cmp(&b.task_state),
        "project_id" => a.project.cmp(&b.project),
        "user_id" => a.user.cmp(&b.user),
        "key_name" => a.key_name.cmp(&b.key_name),
        "host" => a.host.cmp(&b.host),
        _ => Ordering::Equal,
    }
}
