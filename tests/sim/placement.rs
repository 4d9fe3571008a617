//! A region's Placement: one question, whether something fits.

use std::sync::{Arc, Mutex};

use serde_json::json;

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

/// Placement's state: the room that is left; none means without end.
pub struct Placement {
    keystone: Arc<Keystone>,
    room: Mutex<Option<Room>>,
    journal: Journal,
}

impl Placement {
    pub fn new(keystone: Arc<Keystone>) -> Self {
        Self { keystone, room: Mutex::new(None), journal: Journal::default() }
    }

    /// Sets the room that is left. Boots take from it and deletes give back.
    pub fn set_room(&self, room: Option<Room>) {
        *self.room.lock().unwrap() = room;
    }

    /// The room that is left.
    pub fn room(&self) -> Option<Room> {
        *self.room.lock().unwrap()
    }

    /// Takes room for a server, if it fits.
    pub fn take(&self, vcpus: u64, ram_mb: u64, disk_gb: u64) -> bool {
        let mut room = self.room.lock().unwrap();
        let Some(left) = room.as_mut() else { return true };
        let fits = left.fits(vcpus, ram_mb, disk_gb);
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

    fn candidates(&self, req: &Req) -> Resp {
        let mut asked = Room { vcpus: 0, ram_mb: 0, disk_gb: 0 };
        for part in req.q("resources").unwrap_or_default().split(',') {
            let (class, amount) = part.split_once(':').unwrap_or((part, ""));
            let Ok(amount) = amount.parse() else {
                return error(400, &format!("Badly formed resources parameter. Received '{part}'."));
            };
            match class {
                "VCPU" => asked.vcpus = amount,
                "MEMORY_MB" => asked.ram_mb = amount,
                "DISK_GB" => asked.disk_gb = amount,
                other => return error(400, &format!("Invalid resource class in resources parameter: {other}")),
            }
        }
        if !self.room().is_none_or(|room| room.fits(asked.vcpus, asked.ram_mb, asked.disk_gb)) {
            return Resp::json(200, &json!({"allocation_requests": [], "provider_summaries": {}}));
        }
        let provider = "11111111-1111-4111-8111-111111111111";
        let resources = json!({"VCPU": asked.vcpus, "MEMORY_MB": asked.ram_mb, "DISK_GB": asked.disk_gb});
        Resp::json(
            200,
            &json!({
                "allocation_requests": [{"allocations": {provider: {"resources": resources}}, "mappings": {"": [provider]}}],
                "provider_summaries": {provider: {"resources": {}, "traits": [], "parent_provider_uuid": null,
                    "root_provider_uuid": provider}},
            }),
        )
    }
}

impl Room {
    fn fits(&self, vcpus: u64, ram_mb: u64, disk_gb: u64) -> bool {
        vcpus <= self.vcpus && ram_mb <= self.ram_mb && disk_gb <= self.disk_gb
    }
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
