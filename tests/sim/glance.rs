//! A region's Glance.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use uuid::Uuid;

use super::faults::Service;
use super::http::{Req, Resp, encode};
use super::journal::Journal;
use super::keystone::{Keystone, Token};
use super::serve::App;

/// An image.
#[derive(Clone, Debug)]
pub struct Image {
    pub id: String,
    pub name: String,
    pub owner: String,
    /// `public`, `private`, `shared` or `community`.
    pub visibility: String,
    pub status: String,
    pub min_disk: u64,
    pub min_ram: u64,
}

/// Glance's state.
pub struct Glance {
    keystone: Arc<Keystone>,
    images: Mutex<BTreeMap<String, Image>>,
    journal: Journal,
}

impl Glance {
    /// A Glance with one public image, `cirros`, whose id is another one in each region.
    pub fn new(keystone: Arc<Keystone>) -> Self {
        let glance = Self { keystone, images: Mutex::default(), journal: Journal::default() };
        glance.add_image("cirros", None);
        glance
    }

    /// Adds an active image: public without an owner, else private to the project of that name. Its id.
    pub fn add_image(&self, name: &str, project: Option<&str>) -> String {
        self.add_image_as(&Uuid::new_v4().to_string(), name, project)
    }

    /// As [`Self::add_image`], with an id chosen by the caller, as Glance allows.
    pub fn add_image_as(&self, id: &str, name: &str, project: Option<&str>) -> String {
        let image = Image {
            id: id.into(),
            name: name.into(),
            owner: self.keystone.project_id(project.unwrap_or("admin")),
            visibility: if project.is_some() { "private".into() } else { "public".into() },
            status: "active".into(),
            min_disk: 0,
            min_ram: 0,
        };
        self.images.lock().unwrap().insert(id.into(), image);
        id.into()
    }

    /// Changes an image.
    pub fn edit(&self, id: &str, change: impl FnOnce(&mut Image)) {
        change(self.images.lock().unwrap().get_mut(id).expect("a known image"));
    }

    /// Removes an image.
    pub fn remove(&self, id: &str) {
        self.images.lock().unwrap().remove(id);
    }

    /// An image's id, by name.
    pub fn id_of(&self, name: &str) -> String {
        let images = self.images.lock().unwrap();
        images.values().find(|image| image.name == name).map(|image| image.id.clone()).expect("a known image")
    }

    /// The record of requests.
    pub fn record(&self) -> &Journal {
        &self.journal
    }

    /// Any image.
    pub fn any(&self) -> Option<String> {
        self.images.lock().unwrap().keys().next().cloned()
    }

    /// Whether the caller can boot from this image.
    pub fn has(&self, id: &str, token: &Token) -> bool {
        self.images.lock().unwrap().get(id).is_some_and(|image| image.seen_by(token))
    }

    fn list(&self, req: &Req, token: &Token) -> Resp {
        let ids = req.q("id").map(|ids| ids.trim_start_matches("in:").split(',').collect::<Vec<_>>());
        let limit = req.q("limit").and_then(|limit| limit.parse().ok()).unwrap_or(1000);
        let images = self.images.lock().unwrap();
        let wanted = |image: &&Image| {
            let listed = image.visibility != "community" || req.q("visibility") == Some("community");
            image.seen_by(token)
                && listed
                && ids.as_ref().is_none_or(|ids| ids.contains(&image.id.as_str()))
                && req.q("name").is_none_or(|name| name == image.name)
                && req.q("status").is_none_or(|status| status == image.status)
                && req.q("visibility").is_none_or(|visibility| visibility == image.visibility || visibility == "all")
                && req.q("owner").is_none_or(|owner| owner == image.owner)
                && req.q("marker").is_none_or(|marker| image.id.as_str() > marker)
        };
        let page: Vec<&Image> = images.values().filter(wanted).take(limit).collect();
        let shown: Vec<Value> = page.iter().map(|image| image.document()).collect();
        let mut answer = json!({"images": shown, "first": "/v2/images", "schema": "/v2/schemas/images"});
        if let Some(last) = page.last().filter(|_| page.len() == limit) {
            answer["next"] = json!(format!("/v2/images?limit={limit}&marker={}", encode(&last.id)));
        }
        Resp::json(200, &answer)
    }
}

impl Image {
    fn seen_by(&self, token: &Token) -> bool {
        let open = matches!(self.visibility.as_str(), "public" | "community");
        open || token.is_admin() || self.owner == token.project_id()
    }

    fn document(&self) -> Value {
        json!({
            "id": self.id, "name": self.name, "owner": self.owner, "visibility": self.visibility,
            "status": self.status, "min_disk": self.min_disk, "min_ram": self.min_ram, "protected": false,
            "os_hidden": false, "tags": [], "disk_format": "qcow2", "container_format": "bare", "size": 21_692_416,
            "virtual_size": null, "checksum": "c8fc807773e5354afe61636071771906", "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z", "self": format!("/v2/images/{}", self.id),
            "file": format!("/v2/images/{}/file", self.id), "schema": "/v2/schemas/image",
        })
    }
}

impl App for Glance {
    fn service(&self) -> Service {
        Service::Glance
    }

    fn journal(&self) -> &Journal {
        &self.journal
    }

    fn route(&self, path: &str) -> Option<String> {
        Some(if path.starts_with("/v2/images/") { "/v2/images/{id}".into() } else { path.to_owned() })
    }

    fn handle(&self, req: &Req) -> Resp {
        if matches!(req.path.as_str(), "/" | "/versions") {
            let links = json!([{"rel": "self", "href": format!("{}/v2/", req.base)}]);
            return Resp::json(300, &json!({"versions": [{"id": "v2.16", "status": "CURRENT", "links": links}]}));
        }
        let token = match self.keystone.authenticate(req) {
            Ok(token) => token,
            Err(resp) => return *resp,
        };
        let resp = match (req.method.as_str(), req.path.strip_prefix("/v2/images")) {
            ("GET", Some("" | "/")) => self.list(req, &token),
            ("GET", Some(rest)) => {
                let id = rest.trim_matches('/');
                let found = self.images.lock().unwrap().get(id).filter(|image| image.seen_by(&token)).cloned();
                let missing = || error(404, &format!("No image found with ID {id}"));
                found.map_or_else(missing, |image| Resp::json(200, &image.document()))
            }
            _ => error(404, "The resource could not be found."),
        };
        resp.with("x-openstack-request-id", &format!("req-{}", Uuid::new_v4()))
    }

    fn fault(&self, _req: &Req, status: u16, message: &str) -> Resp {
        error(status, message)
    }
}

/// Glance's form of fault: a page of HTML.
fn error(status: u16, message: &str) -> Resp {
    let page = format!("<html><head><title>{status}</title></head><body>{message}<br /><br /></body></html>");
    Resp::text(status, "text/html; charset=UTF-8", page)
}
