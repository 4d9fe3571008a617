//! A region's Cinder: whether a project has a volume or a snapshot.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::json;
use uuid::Uuid;

use super::faults::Service;
use super::http::{Req, Resp};
use super::journal::Journal;
use super::keystone::Keystone;
use super::serve::App;

/// Cinder's state.
pub struct Cinder {
    keystone: Arc<Keystone>,
    /// (collection, id) -> project.
    things: Mutex<BTreeMap<(String, String), String>>,
    journal: Journal,
}

impl Cinder {
    pub fn new(keystone: Arc<Keystone>) -> Self {
        Self { keystone, things: Mutex::default(), journal: Journal::default() }
    }

    /// Adds a volume to the project of that name. Its id.
    pub fn add_volume(&self, project: &str) -> String {
        self.add("volumes", project)
    }

    /// Adds a snapshot to the project of that name. Its id.
    pub fn add_snapshot(&self, project: &str) -> String {
        self.add("snapshots", project)
    }

    /// The record of requests.
    pub fn record(&self) -> &Journal {
        &self.journal
    }

    fn add(&self, collection: &str, project: &str) -> String {
        let id = Uuid::new_v4().to_string();
        let owner = self.keystone.project_id(project);
        self.things.lock().unwrap().insert((collection.to_owned(), id.clone()), owner);
        id
    }
}

impl App for Cinder {
    fn service(&self) -> Service {
        Service::Cinder
    }

    fn journal(&self) -> &Journal {
        &self.journal
    }

    fn route(&self, path: &str) -> Option<String> {
        let collection = path.strip_prefix("/v3/")?.split('/').nth(1)?;
        Some(format!("/v3/{{project}}/{collection}/{{id}}"))
    }

    fn handle(&self, req: &Req) -> Resp {
        let token = match self.keystone.authenticate(req) {
            Ok(token) => token,
            Err(resp) => return *resp,
        };
        let parts: Vec<&str> = req.path.split('/').collect();
        let ["", "v3", project, collection @ ("volumes" | "snapshots"), id] = parts[..] else {
            return self.fault(req, 404, "The resource could not be found.");
        };
        if project != token.project_id() && !token.is_admin() {
            return self.fault(req, 400, "Malformed request url");
        }
        let key = (collection.to_owned(), id.to_owned());
        let owner = self.things.lock().unwrap().get(&key).cloned();
        match owner.filter(|owner| token.is_admin() || owner == token.project_id()) {
            Some(owner) if collection == "volumes" => {
                Resp::json(200, &json!({"volume": {"id": id, "os-vol-tenant-attr:tenant_id": owner}}))
            }
            Some(owner) => {
                let shown = json!({"id": id, "os-extended-snapshot-attributes:project_id": owner});
                Resp::json(200, &json!({ "snapshot": shown }))
            }
            None => self.fault(req, 404, &format!("{collection} {id} could not be found.")),
        }
    }

    fn fault(&self, _req: &Req, status: u16, message: &str) -> Resp {
        Resp::json(status, &json!({"itemNotFound": {"code": status, "message": message}}))
    }
}
