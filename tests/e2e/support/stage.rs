//! One test's world: nobody else on the lab, a fresh top that knows the flavors and the shared network, tokens.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use super::http::{Ask, token};
use super::servers::{self, NAMES};
use super::top::Top;
use super::{ONE, TWO, eventually, lab};

static LAB: Mutex<()> = Mutex::new(());

pub struct Stage {
    pub top: Top,
    pub demo: String,
    pub admin: String,
    // Last, so that the others are done with the lab before the next test gets it.
    _lab: MutexGuard<'static, ()>,
}

/// Settings for tests that need more than a project's ten servers.
pub const UNLIMITED: &str = "[quota]\ninstances = -1\ncores = -1\nram_mb = -1\n";

/// An error for as long as Nova has one of them for down; it hears from each every ten seconds.
fn computes_up(region: &str, admin: &str) -> Result<(), String> {
    let url = lab::url(region, "compute") + "/os-services?binary=nova-compute";
    let answer = Ask::new("GET", url).token(admin).try_send()?;
    let services: Value = serde_json::from_str(&answer.text).map_err(|error| error.to_string())?;
    let services = services["services"].as_array().filter(|services| !services.is_empty()).ok_or(answer.text)?;
    let down: Vec<&Value> = services.iter().filter(|service| service["state"] != "up").collect();
    if down.is_empty() { Ok(()) } else { Err(format!("{down:?}")) }
}

impl Stage {
    /// Serving, and in sync with both regions.
    #[track_caller]
    pub fn new() -> Self {
        Self::with("")
    }

    /// The same with more at the end of the top's configuration.
    #[track_caller]
    pub fn with(more: &str) -> Self {
        let lab = LAB.lock().unwrap_or_else(PoisonError::into_inner);
        // What a run that was killed left.
        let admin = token("admin");
        let left = servers::remove_all(&admin, Duration::from_secs(120));
        assert!(left.is_ok(), "servers of an earlier run cannot be removed: {left:?}");
        // What an earlier test stopped works again before Nova says so.
        for region in [ONE, TWO] {
            eventually(120, "the region's computes are up", || computes_up(region, &admin));
        }
        let mut top = Top::with(more);
        for region in [ONE, TWO] {
            top.cli(&["flavor", "import", region]);
            top.cli(&["quota", "open-region", region]);
        }
        let shared = lab::network(ONE, "lab-net");
        for region in [ONE, TWO] {
            top.cli(&["map", "network", &shared, region, &lab::network(region, "lab-net")]);
        }
        top.start();
        let stage = Self { top, demo: token("demo"), admin, _lab: lab };
        // Zones are known after the first round over each region.
        eventually(30, "both regions' zones on top", || {
            let zones = stage.top.cli(&["region", "list"]);
            if [ONE, TWO].iter().all(|region| zones.contains(region)) { Ok(()) } else { Err(zones) }
        });
        stage
    }

    /// A request to the top as the demo user.
    pub fn ask(&self, method: &'static str, path: &str) -> Ask {
        Ask::new(method, self.top.url() + path).token(&self.demo)
    }

    /// A request to the top as admin.
    pub fn ask_as_admin(&self, method: &'static str, path: &str) -> Ask {
        Ask::new(method, self.top.url() + path).token(&self.admin)
    }

    /// A request to a region's own Nova as the demo user.
    pub fn ask_region(&self, region: &str, method: &'static str, path: &str) -> Ask {
        Ask::new(method, lab::url(region, "compute") + path).token(&self.demo)
    }

    /// The same as admin.
    pub fn ask_region_as_admin(&self, region: &str, method: &'static str, path: &str) -> Ask {
        Ask::new(method, lab::url(region, "compute") + path).token(&self.admin)
    }

    /// A boot's body: the cirros image, m1.tiny; `more` goes over it.
    pub fn boot_body(&self, name: &str, networks: Value, more: Value) -> Value {
        let mut server =
            json!({ "name": name, "imageRef": lab::image("cirros"), "flavorRef": "1", "networks": networks });
        for (key, value) in more.as_object().cloned().unwrap_or_default() {
            server[key] = value;
        }
        json!({ "server": server })
    }

    /// Boots by plain HTTP and waits until it is ACTIVE; its id.
    #[track_caller]
    pub fn boot(&self, name: &str, networks: Value, more: Value) -> String {
        let id = self.post_boot(name, networks, more);
        self.wait_status(&id, "ACTIVE", 90);
        id
    }

    /// The same without waiting.
    #[track_caller]
    pub fn post_boot(&self, name: &str, networks: Value, more: Value) -> String {
        assert!(name.starts_with(NAMES), "servers of these tests are called {NAMES}…, so that they can be removed");
        let body = self.boot_body(name, networks, more);
        let answer = self.ask("POST", "/servers").version("2.96").json(&body).send().expect(202);
        answer.json()["server"]["id"].as_str().expect("an id").to_owned()
    }

    /// A server as the top shows it at 2.96.
    #[track_caller]
    pub fn show(&self, id: &str) -> Value {
        self.ask("GET", &format!("/servers/{id}")).version("2.96").send().expect(200).json()["server"].clone()
    }

    #[track_caller]
    pub fn wait_status(&self, id: &str, status: &str, seconds: u64) {
        eventually(seconds, &format!("{id} {status} on top"), || {
            let server = self.show(id);
            assert!(status == "ERROR" || server["status"] != "ERROR", "{id} is in ERROR: {}", server["fault"]);
            if server["status"] == status { Ok(()) } else { Err(server["status"].to_string()) }
        });
    }

    /// The region that has a server, found by asking the regions.
    #[track_caller]
    pub fn region_of(&self, id: &str) -> &'static str {
        let has = |region: &&&str| self.ask_region(region, "GET", &format!("/servers/{id}")).send().status == 200;
        let found: Vec<_> = [&ONE, &TWO].into_iter().filter(has).collect();
        assert_eq!(found.len(), 1, "{id} is in {found:?}");
        found[0]
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let removed = servers::remove_all(&self.admin, Duration::from_secs(120));
        if !std::thread::panicking() {
            assert!(removed.is_ok(), "servers of the test are left: {removed:?}");
        }
    }
}
