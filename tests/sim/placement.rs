//! A region's Placement: one question, whether something fits.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};

use super::faults::Service;
use super::http::{Req, Resp};
use super::journal::Journal;
use super::keystone::Keystone;
use super::serve::App;

/// Room for servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    pub vcpus: u64,
    pub ram_mb: u64,
    pub disk_gb: u64,
}

/// What is there without end where no room is set.
const PLENTY: u64 = 1_000_000;

/// Placement's state: one host with all of it.
pub struct Placement {
    keystone: Arc<Keystone>,
    /// The room that is left; none means without end.
    room: Mutex<Option<Room>>,
    /// Of further resource classes.
    special: Mutex<BTreeMap<String, u64>>,
    /// Traits that are known, and whether the host has them.
    traits: Mutex<BTreeMap<String, bool>>,
    journal: Journal,
}

impl Placement {
    pub fn new(keystone: Arc<Keystone>) -> Self {
        let traits = Mutex::new([("COMPUTE_STATUS_DISABLED".to_owned(), false)].into());
        Self { keystone, room: Mutex::new(None), special: Mutex::default(), traits, journal: Journal::default() }
    }

    /// Sets the room that is left. Boots take from it and deletes give back.
    pub fn set_room(&self, room: Option<Room>) {
        *self.room.lock().unwrap() = room;
    }

    /// The room that is left.
    pub fn room(&self) -> Option<Room> {
        *self.room.lock().unwrap()
    }

    /// Sets what is left of a resource class that is unknown until then. Boots take nothing of it.
    pub fn set_special(&self, class: &str, amount: u64) {
        self.special.lock().unwrap().insert(class.to_owned(), amount);
    }

    /// Makes a trait known, and says whether the host has it.
    pub fn set_trait(&self, name: &str, held: bool) {
        self.traits.lock().unwrap().insert(name.to_owned(), held);
    }

    /// The record of requests.
    pub fn record(&self) -> &Journal {
        &self.journal
    }

    /// Takes room for a server, if it fits.
    pub fn take(&self, vcpus: u64, ram_mb: u64, disk_gb: u64) -> bool {
        let mut room = self.room.lock().unwrap();
        let Some(left) = room.as_mut() else { return true };
        let fits = vcpus <= left.vcpus && ram_mb <= left.ram_mb && disk_gb <= left.disk_gb;
        if fits {
            left.vcpus -= vcpus;
            left.ram_mb -= ram_mb;
            left.disk_gb -= disk_gb;
        }
        fits
    }

    /// Gives a server's room back.
    pub fn give(&self, vcpus: u64, ram_mb: u64, disk_gb: u64) {
        if let Some(left) = self.room.lock().unwrap().as_mut() {
            left.vcpus += vcpus;
            left.ram_mb += ram_mb;
            left.disk_gb += disk_gb;
        }
    }

    /// What is left, by resource class.
    fn left(&self) -> BTreeMap<String, u64> {
        let room = self.room().unwrap_or(Room { vcpus: PLENTY, ram_mb: PLENTY * 1_024, disk_gb: PLENTY });
        let mut left = self.special.lock().unwrap().clone();
        let own = [("VCPU", room.vcpus), ("MEMORY_MB", room.ram_mb), ("DISK_GB", room.disk_gb)];
        left.extend(own.map(|(class, amount)| (class.to_owned(), amount)));
        left
    }

    fn candidates(&self, req: &Req) -> Resp {
        let left = self.left();
        let wanted = match self.wanted(req, &left) {
            Ok(wanted) => wanted,
            Err(refusal) => return *refusal,
        };
        let traits = self.traits.lock().unwrap();
        let has = |name: &String| match name.strip_prefix('!') {
            Some(name) => traits.get(name) != Some(&true),
            None => traits.get(name) == Some(&true),
        };
        let fits = wanted.resources.iter().all(|(class, amount)| amount <= &left[class]);
        if !fits || !wanted.traits.iter().all(has) {
            return Resp::json(200, &json!({"allocation_requests": [], "provider_summaries": {}}));
        }
        let provider = "11111111-1111-4111-8111-111111111111";
        let held: Map<String, Value> =
            left.iter().map(|(class, amount)| (class.clone(), json!({"capacity": amount + 3, "used": 3}))).collect();
        Resp::json(
            200,
            &json!({
                "allocation_requests": [
                    {"allocations": {provider: {"resources": wanted.resources}}, "mappings": {"": [provider]}},
                ],
                "provider_summaries": {provider: {"resources": held, "traits": [], "parent_provider_uuid": null,
                    "root_provider_uuid": provider}},
            }),
        )
    }

    /// What all groups of a query ask for together.
    fn wanted(&self, req: &Req, left: &BTreeMap<String, u64>) -> Result<Wanted, Box<Resp>> {
        let mut wanted = Wanted::default();
        for (key, value) in &req.query {
            let parts = value.split(',');
            match key.trim_end_matches(|c: char| c.is_ascii_digit()) {
                "resources" => {
                    for part in parts {
                        let (class, amount) = part.split_once(':').unwrap_or((part, ""));
                        let amount: u64 = amount
                            .parse()
                            .map_err(|_| refused(&format!("Badly formed resources parameter. Received '{part}'.")))?;
                        if !left.contains_key(class) {
                            let missing = format!("No such resource class {class}.");
                            return Err(refused(&format!("Invalid resource class in resources parameter: {missing}")));
                        }
                        *wanted.resources.entry(class.to_owned()).or_default() += amount;
                    }
                }
                "required" | "root_required" => wanted.traits.extend(parts.map(str::to_owned)),
                "limit" | "group_policy" => {}
                other => return Err(refused(&format!("Invalid query string parameters: '{other}'"))),
            }
        }
        let traits = self.traits.lock().unwrap();
        let unknown = wanted.traits.iter().find(|name| !traits.contains_key(name.trim_start_matches('!')));
        match unknown {
            Some(name) => Err(refused(&format!("No such trait(s): {}.", name.trim_start_matches('!')))),
            None => Ok(wanted),
        }
    }
}

#[derive(Default)]
struct Wanted {
    resources: BTreeMap<String, u64>,
    traits: BTreeSet<String>,
}

/// A refusal in Placement's many words.
fn refused(message: &str) -> Box<Resp> {
    let words = "The server could not comply with the request since it is either malformed or otherwise incorrect.";
    Box::new(error(400, &format!("{words}\n\n {message}  ")))
}

impl App for Placement {
    fn service(&self) -> Service {
        Service::Placement
    }

    fn journal(&self) -> &Journal {
        &self.journal
    }

    fn route(&self, path: &str) -> Option<String> {
        Some(path.to_owned())
    }

    fn handle(&self, req: &Req) -> Resp {
        if req.path == "/" {
            let version = json!({"id": "v1.0", "min_version": "1.0", "max_version": "1.39", "status": "CURRENT",
                "links": [{"rel": "self", "href": ""}]});
            return Resp::json(200, &json!({"versions": [version]}));
        }
        let token = match self.keystone.authenticate(req) {
            Ok(token) => token,
            Err(resp) => return *resp,
        };
        if !token.is_admin() && !token.has("service") {
            return error(403, "placement:allocation_candidates:list");
        }
        match (req.method.as_str(), req.path.as_str()) {
            ("GET", "/allocation_candidates") => self.candidates(req),
            _ => error(404, "The resource could not be found."),
        }
    }

    fn fault(&self, _req: &Req, status: u16, message: &str) -> Resp {
        error(status, message)
    }
}

/// Placement's form of fault.
fn error(status: u16, message: &str) -> Resp {
    Resp::json(status, &json!({"errors": [{"status": status, "detail": message, "title": "Error"}]}))
}
