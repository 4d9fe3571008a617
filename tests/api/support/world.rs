//! Two regions, the service over them, flavors and equivalents in place.

use std::sync::Arc;

use nova_cascade::config::Config;
use nova_cascade::db::flavors::{self, Flavor};
use nova_cascade::db::{Db, clock, cursors, equivalents};
use serde_json::{Value, json};

use super::{Database, Top, wait_for, wait_until};
use crate::sim::{Answer, Client, Service, SimCloud, SimRegion};

/// All that a test of servers needs.
pub struct World {
    pub cloud: SimCloud,
    pub top: Top,
    pub database: Arc<Database>,
    /// The test's own way to the service's rows.
    pub db: Db,
}

impl World {
    /// `RegionOne` and `RegionTwo` with the usual settings.
    pub async fn start(database: &Arc<Database>) -> Self {
        Self::with(database, |_| {}).await
    }

    /// As [`Self::start`] with other settings.
    pub async fn with(database: &Arc<Database>, adjust: impl FnOnce(&mut Config)) -> Self {
        Self::over(SimCloud::start(&["RegionOne", "RegionTwo"]).await, database, adjust).await
    }

    /// Over a cloud that the test has prepared.
    pub async fn over(cloud: SimCloud, database: &Arc<Database>, adjust: impl FnOnce(&mut Config)) -> Self {
        let top = Top::start(&cloud, database, adjust).await;
        Self::around(cloud, top, database).await
    }

    /// As [`Self::with`], with a call on each of the service's threads before that does anything.
    pub async fn listened(
        database: &Arc<Database>,
        adjust: impl FnOnce(&mut Config),
        on_thread: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let cloud = SimCloud::start(&["RegionOne", "RegionTwo"]).await;
        let top = Top::listened(&cloud, database, adjust, on_thread).await;
        Self::around(cloud, top, database).await
    }

    async fn around(cloud: SimCloud, top: Top, database: &Arc<Database>) -> Self {
        let world = Self { cloud, top, database: database.clone(), db: database.open() };
        world.synced().await;
        for (id, name, vcpus, ram_mb, disk_gb) in
            [("1", "m1.tiny", 1, 512, 1), ("2", "m1.small", 1, 2048, 20), ("3", "m1.medium", 2, 4096, 40)]
        {
            let flavor = Flavor { vcpus, ram_mb, disk_gb, ..flavor(id, name) };
            flavors::import(&world.db, &flavor, &[]).await.expect("a flavor");
        }
        for region in world.cloud.regions() {
            let id = world.region_id(&region.name);
            for (kind, top_id, local_id) in [
                ("network", world.network(), region.neutron.id_of("shared")),
                ("image", world.image(), region.glance.id_of("cirros")),
            ] {
                equivalents::set(&world.db, kind, &top_id, &id, &local_id).await.expect("an equivalent");
            }
        }
        world
    }

    /// The service dies as after SIGKILL and is started again.
    pub async fn restart(&mut self, adjust: impl FnOnce(&mut Config)) {
        self.top.end();
        self.top = Top::start(&self.cloud, &self.database, adjust).await;
    }

    /// Waits for a round over every region that began after now.
    pub async fn synced(&self) {
        let now = clock::local_now();
        let regions = self.cloud.regions().count();
        wait_until("a round over every region", async || {
            let cursors = cursors::all(&self.db).await.expect("cursors");
            cursors.iter().filter(|cursor| cursor.round_at >= now).count() == regions
        })
        .await;
    }

    /// Waits until a region was asked for its servers this many times more, whatever it answers.
    pub async fn rounds(&self, region: &SimRegion, count: u64) {
        let seen = region.nova.count("GET /servers/detail");
        wait_until("more rounds", async || region.nova.count("GET /servers/detail") >= seen + count).await;
    }

    pub fn one(&self) -> &SimRegion {
        self.cloud.region("RegionOne")
    }

    pub fn two(&self) -> &SimRegion {
        self.cloud.region("RegionTwo")
    }

    /// A region's id in the service's rows.
    pub fn region_id(&self, name: &str) -> String {
        self.top.app.registry.by_name(name).expect("a region").id().to_owned()
    }

    /// The network that users name.
    pub fn network(&self) -> String {
        self.one().neutron.id_of("shared")
    }

    /// The image that users name.
    pub fn image(&self) -> String {
        self.one().glance.id_of("cirros")
    }

    /// A user at a microversion.
    pub fn user(&self, name: &str, version: &str) -> Client {
        self.top.client().token(&self.cloud.token(name)).version(version)
    }

    /// The member of project demo, at 2.1.
    pub fn demo(&self) -> Client {
        self.user("demo", "2.1")
    }

    /// The same user on the region's own endpoint.
    pub fn below(&self, region: &SimRegion, user: &str, version: &str) -> Client {
        Client::new(region.url(Service::Nova)).token(&self.cloud.token(user)).version(version)
    }

    /// A body that boots anywhere.
    pub fn body(&self, name: &str) -> Value {
        json!({"server": {
            "name": name, "flavorRef": "1", "imageRef": self.image(), "networks": [{"uuid": self.network()}],
        }})
    }

    /// A body that boots in this region or zone.
    pub fn body_in(&self, zone: &str, name: &str) -> Value {
        let mut body = self.body(name);
        body["server"]["availability_zone"] = json!(zone);
        body
    }

    /// Boots demo's server in this region or zone, and waits until it is ACTIVE; its id.
    pub async fn boot(&self, zone: &str, name: &str) -> String {
        self.boot_as("demo", zone, name).await
    }

    /// As [`Self::boot`] for another user.
    pub async fn boot_as(&self, user: &str, zone: &str, name: &str) -> String {
        let answer = self.user(user, "2.1").post("/servers", self.body_in(zone, name)).await;
        let id = accepted(&answer);
        self.wait_status(&id, "ACTIVE").await;
        id
    }

    /// Servers of demo in a region that the top takes for its own, by their marker; settled, as if idle for long. Their
    /// ids, sorted.
    pub async fn populate(&self, region: &SimRegion, count: usize) -> Vec<String> {
        let made = (0..count).map(|number| {
            region.nova.add_server_with("demo", &format!("idle-{number}"), |server| {
                server.hints.insert("cascade_intent".into(), json!([uuid::Uuid::new_v4().to_string()]));
            })
        });
        let mut made: Vec<String> = made.collect();
        made.sort();
        let ready = "SELECT id AS text FROM servers WHERE settled AND documented";
        let settle = "UPDATE servers SET settled = TRUE, documented = TRUE \
                      WHERE deleted = FALSE AND NOT (settled AND documented)";
        let mut there = 0;
        // Many take their time: what must come soon is another one.
        while there < made.len() {
            there = wait_for("rows of more servers", async || {
                self.database.execute(settle).await;
                let rows: std::collections::HashSet<String> = self.database.texts(ready).await.into_iter().collect();
                let count = made.iter().filter(|id| rows.contains(*id)).count();
                (count > there).then_some(count)
            })
            .await;
        }
        made
    }

    /// Ids of the live rows of a region, sorted.
    pub async fn live(&self, region: &SimRegion) -> Vec<String> {
        let sql = format!(
            "SELECT id AS text FROM servers WHERE deleted = FALSE AND region_id = '{}' ORDER BY id",
            self.region_id(&region.name)
        );
        self.database.texts(&sql).await
    }

    /// The server as its owner sees it at 2.1.
    pub async fn show(&self, id: &str) -> Value {
        let answer = self.user("admin", "2.1").get(&format!("/servers/{id}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["server"].clone()
    }

    /// Waits for a status on top.
    pub async fn wait_status(&self, id: &str, status: &str) -> Value {
        wait_for(&format!("server {id} {status}"), async || {
            let server = self.show(id).await;
            (server["status"] == status).then_some(server)
        })
        .await
    }

    /// Waits until the server is gone for its owner, and for the list.
    pub async fn wait_gone(&self, id: &str) {
        let admin = self.user("admin", "2.1");
        wait_until(&format!("server {id} gone"), async || admin.get(&format!("/servers/{id}")).await.status == 404)
            .await;
        assert!(!ids(&admin.get("/servers?all_tenants=1").await).contains(&id.to_owned()));
    }

    /// Waits until no boot is open.
    pub async fn wait_no_intents(&self) {
        wait_until("no open boots", async || self.database.texts("SELECT id AS text FROM intents").await.is_empty())
            .await;
    }

    /// How many boots reached the regions, refused and broken ones too.
    pub fn boots_sent(&self) -> u64 {
        self.cloud.regions().map(|region| region.nova.count("POST /servers")).sum()
    }
}

/// The id in the answer of a boot.
#[track_caller]
pub fn accepted(answer: &Answer) -> String {
    assert_eq!(answer.status, 202, "{}", String::from_utf8_lossy(&answer.body));
    answer.json()["server"]["id"].as_str().expect("an id").to_owned()
}

/// The ids of a list's servers.
#[track_caller]
pub fn ids(answer: &Answer) -> Vec<String> {
    texts(answer, "id")
}

/// Sorted, for servers of one second have no order that a test could know.
pub fn sorted(texts: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
    let mut texts: Vec<String> = texts.into_iter().map(Into::into).collect();
    texts.sort();
    texts
}

/// The names of a list's servers.
#[track_caller]
pub fn names(answer: &Answer) -> Vec<String> {
    texts(answer, "name")
}

#[track_caller]
fn texts(answer: &Answer, key: &str) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    let servers = answer.json()["servers"].as_array().expect("a list").clone();
    servers.iter().map(|server| server[key].as_str().expect("a text").to_owned()).collect()
}

/// A public flavor of the smallest size.
pub fn flavor(id: &str, name: &str) -> Flavor {
    Flavor {
        serial: 0,
        id: id.into(),
        name: name.into(),
        vcpus: 1,
        ram_mb: 512,
        disk_gb: 1,
        ephemeral_gb: 0,
        swap_mb: 0,
        rxtx_factor: 1.0,
        is_public: true,
        disabled: false,
        description: None,
        extra_specs: "{}".into(),
        created_at: 0,
        updated_at: None,
        revision: 0,
    }
}
