//! Flavors: the record, the documents, the lists.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::super::http::{Req, Resp};
use super::call::{Call, Handled};
use super::fault::{NovaFault, fault};
use super::page::Page;
use super::view::{Look, links};

/// A flavor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flavor {
    pub id: String,
    pub name: String,
    pub vcpus: u64,
    pub ram: u64,
    pub disk: u64,
    pub ephemeral: u64,
    pub swap: u64,
    pub is_public: bool,
    pub disabled: bool,
    pub description: Option<String>,
    pub extra_specs: BTreeMap<String, String>,
    /// Projects that may use it, if it is not public.
    pub projects: BTreeSet<String>,
}

impl Flavor {
    /// A public flavor.
    pub fn new(id: &str, name: &str, vcpus: u64, ram: u64, disk: u64) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            vcpus,
            ram,
            disk,
            ephemeral: 0,
            swap: 0,
            is_public: true,
            disabled: false,
            description: None,
            extra_specs: BTreeMap::new(),
            projects: BTreeSet::new(),
        }
    }

    /// Whether a project may boot from it.
    pub fn usable_by(&self, project: &str) -> bool {
        self.is_public || self.projects.contains(project)
    }

    pub(super) fn document(&self, look: &Look, detail: bool, minor: u32) -> Value {
        let mut document = Map::new();
        document.insert("id".into(), json!(self.id));
        document.insert("name".into(), json!(self.name));
        document.insert("links".into(), links(look, "flavors", &self.id));
        if minor >= 55 {
            document.insert("description".into(), json!(self.description));
        }
        if !detail {
            return document.into();
        }
        let no_swap = if minor >= 75 { json!(0) } else { json!("") };
        let fields = [
            ("ram", json!(self.ram)),
            ("disk", json!(self.disk)),
            ("vcpus", json!(self.vcpus)),
            ("swap", if self.swap == 0 { no_swap } else { json!(self.swap) }),
            ("OS-FLV-EXT-DATA:ephemeral", json!(self.ephemeral)),
            ("os-flavor-access:is_public", json!(self.is_public)),
        ];
        document.extend(fields.map(|(key, value)| (key.to_owned(), value)));
        if minor >= 61 {
            document.insert("extra_specs".into(), json!(self.extra_specs));
        }
        if minor < 102 {
            document.insert("OS-FLV-DISABLED:disabled".into(), json!(self.disabled));
            document.insert("rxtx_factor".into(), json!(1.0));
        }
        document.into()
    }
}

/// `GET /flavors`
pub fn index(call: &Call) -> Handled {
    list(call, false)
}

/// `GET /flavors/detail`
pub fn detail(call: &Call) -> Handled {
    list(call, true)
}

/// `GET /flavors/{id}`
pub fn show(call: &Call) -> Handled {
    let flavor = find(call)?;
    Ok(Resp::json(200, &json!({"flavor": document(call, &flavor)})))
}

/// The whole document, as show and create give it.
pub fn document(call: &Call, flavor: &Flavor) -> Value {
    flavor.document(&call.look(super::view::Doc::Show), true, call.minor)
}

/// The flavor of the path, if the caller may see it.
pub fn find(call: &Call) -> Result<Arc<Flavor>, NovaFault> {
    let id = call.param("id");
    let found = call.nova.flavors.lock().unwrap().get(id).cloned();
    let seen = found.filter(|flavor| call.token.is_admin() || flavor.usable_by(call.token.project_id()));
    seen.ok_or_else(|| not_found(id))
}

/// 404 for a flavor.
pub fn not_found(id: &str) -> NovaFault {
    fault(404, format!("Flavor {id} could not be found."))
}

fn list(call: &Call, detail: bool) -> Handled {
    let page = Page::of(call.req)?;
    let wanted = Wanted::of(call)?;
    let mut flavors: Vec<Arc<Flavor>> = {
        let all = call.nova.flavors.lock().unwrap();
        all.values().filter(|flavor| wanted.has(flavor, call)).cloned().collect()
    };
    sort(&mut flavors, call.req);
    let start = match &page.marker {
        None => 0,
        Some(marker) => match flavors.iter().position(|flavor| flavor.id == *marker) {
            Some(place) => place + 1,
            None => return Err(fault(400, format!("marker [{marker}] not found"))),
        },
    };
    let shown: Vec<_> = flavors.into_iter().skip(start).take(page.limit).collect();
    let look = call.look(super::view::Doc::Show);
    let documents: Vec<Value> = shown.iter().map(|flavor| flavor.document(&look, detail, call.minor)).collect();
    let mut answer = json!({ "flavors": documents });
    let collection = if detail { "flavors/detail" } else { "flavors" };
    if let Some(next) = page.next(call, collection, shown.len(), shown.last().map(|flavor| flavor.id.as_str())) {
        answer["flavors_links"] = next;
    }
    Ok(Resp::json(200, &answer))
}

fn sort(flavors: &mut [Arc<Flavor>], req: &Req) {
    match req.q("sort_key").unwrap_or("flavorid") {
        "name" => flavors.sort_by(|a, b| a.name.cmp(&b.name)),
        "memory_mb" => flavors.sort_by_key(|flavor| flavor.ram),
        "root_gb" => flavors.sort_by_key(|flavor| flavor.disk),
        "vcpus" => flavors.sort_by_key(|flavor| flavor.vcpus),
        _ => flavors.sort_by(|a, b| a.id.cmp(&b.id)),
    }
    if req.q("sort_dir") == Some("desc") {
        flavors.reverse();
    }
}

/// The filters of a list.
struct Wanted {
    public: Option<bool>,
    min_ram: u64,
    min_disk: u64,
    name: Option<String>,
}

impl Wanted {
    fn of(call: &Call) -> Result<Self, NovaFault> {
        let number = |key: &str| match call.req.q(key) {
            None => Ok(0),
            Some(text) => text.parse().map_err(|_| fault(400, format!("Invalid {key} filter [{text}]"))),
        };
        // Only an admin is asked which; others always get the public ones and their own.
        let public = match call.req.q("is_public").filter(|_| call.token.is_admin()) {
            None => Some(true),
            Some(text) => match text.to_lowercase().as_str() {
                "none" => None,
                "true" | "1" | "yes" | "on" | "t" | "y" => Some(true),
                "false" | "0" | "no" | "off" | "f" | "n" => Some(false),
                _ => return Err(fault(400, format!("Invalid is_public filter [{text}]"))),
            },
        };
        let name = call.req.q("name").filter(|_| call.minor >= 102).map(ToOwned::to_owned);
        Ok(Self { public, min_ram: number("minRam")?, min_disk: number("minDisk")?, name })
    }

    fn has(&self, flavor: &Flavor, call: &Call) -> bool {
        let own = flavor.projects.contains(call.token.project_id());
        // The database adds a project's own flavors to the public ones for whoever asks for these.
        let public = match self.public {
            None => true,
            Some(true) => flavor.is_public || own,
            Some(false) => !flavor.is_public,
        };
        public
            && (call.token.is_admin() || !flavor.disabled)
            && flavor.ram >= self.min_ram
            && flavor.disk >= self.min_disk
            && self.name.as_ref().is_none_or(|name| super::super::pattern::finds(name, &flavor.name))
    }
}
