//! `server audit`, beside a service that serves.

use std::sync::Arc;

use nova_cascade::cascade::adopt;
use nova_cascade::config::ms;
use nova_cascade::regions::nova::RegionApi;
use serde_json::json;

use super::{adopting, cascade, used, wait_listed};
use crate::sim::{Fault, Kind, Service, nova};
use crate::support::{Database, Top, World, ids, on_each_database, sorted, wait_until};

on_each_database!(
    both_directions_are_told_and_fixed,
    a_row_that_was_closed_wrongly_is_opened,
    an_owner_or_charge_that_differs_is_set_right,
    a_list_that_leaves_servers_out_is_no_finding,
    a_region_that_does_not_answer_is_no_region_in_order,
    several_that_adopt_at_once_adopt_each_once,
);

/// Waits until everything of demo's is settled.
async fn settled(database: &Database) {
    wait_until("all settled", async || {
        database.texts("SELECT id AS text FROM servers WHERE settled = 0 AND deleted = 0").await.is_empty()
    })
    .await;
}

async fn both_directions_are_told_and_fixed(database: Arc<Database>) {
    let world = World::start(&database).await;
    let config = &world.top.app.config;
    let [good, gone, other] = [
        world.boot("RegionOne", "good").await,
        world.boot("RegionOne", "gone").await,
        world.boot("RegionOne", "other").await,
    ];
    settled(&database).await;
    let said = cascade(config, &["server", "audit"]).await;
    assert!(said.good, "{} {}", said.out, said.err);
    assert!(
        said.out
            .contains("RegionOne: 3 servers compared: 0 without a row, 0 with a closed row, 0 gone below, 0 otherwise"),
        "{}",
        said.out
    );
    // Nothing syncs, or it would see to some of this by itself.
    let config = config.clone();
    let World { cloud, top, database, db } = world;
    top.stop().await;
    let nova = &cloud.region("RegionOne").nova;
    let stranger = nova.add_server("demo", "stranger");
    nova.purge(&gone);
    nova.edit_quietly(&other, |server| server.description = Some("changed".into()));
    for _ in 0..2 {
        let said = cascade(&config, &["server", "audit", "--region", "RegionOne"]).await;
        assert!(!said.good, "{}", said.out);
        for (id, what) in
            [(&stranger, "has no row"), (&gone, "is not there"), (&other, "is shown with another description")]
        {
            let line =
                said.out.lines().find(|line| line.contains(id.as_str())).unwrap_or_else(|| panic!("{}", said.out));
            assert!(line.contains(what), "{line}");
        }
        assert!(!said.out.contains(&good), "{}", said.out);
        assert!(
            said.out.contains("1 without a row, 0 with a closed row, 1 gone below, 1 otherwise; 0 fixed"),
            "{}",
            said.out
        );
    }
    let live = "SELECT id AS text FROM servers WHERE deleted = 0 AND settled = 1";
    assert_eq!(sorted(database.texts(live).await), sorted([good.clone(), gone.clone(), other.clone()]), "dry");
    let said = cascade(&config, &["server", "audit", "--fix"]).await;
    assert!(said.good, "{} {}", said.out, said.err);
    assert!(said.out.contains("3 fixed"), "{}", said.out);
    assert_eq!(database.texts("SELECT id AS text FROM servers WHERE deleted = 0").await.len(), 4, "none is closed");
    // That is the sync's to do, on evidence of its own.
    let top = Top::start(&cloud, &database, |_| {}).await;
    let world = World { cloud, top, database: database.clone(), db };
    world.wait_gone(&gone).await;
    wait_listed(&world, &[&good, &other, &stranger]).await;
    wait_until("the description", async || super::shown(&world, "2.19", &other).await["description"] == "changed")
        .await;
    assert_eq!(used(&world, "instances").await, 3);
    settled(&database).await;
    let said = cascade(&config, &["server", "audit"]).await;
    assert!(said.good, "{} {}", said.out, said.err);
}

async fn a_row_that_was_closed_wrongly_is_opened(database: Arc<Database>) {
    let world = World::start(&database).await;
    let (lost, other) = (world.boot("RegionOne", "lost").await, world.boot("RegionOne", "other").await);
    settled(&database).await;
    // As a region whose instance mappings are gone for a while.
    let hidden = Fault::new(Kind::NotFound).on(Service::Nova).path(&format!("/v2.1/servers/{lost}"));
    world.one().faults.push(hidden);
    world.one().nova.edit_quietly(&lost, |server| server.updated = server.updated.map(|at| at - 3_600));
    world.top.app.sync.touch(&world.region_id("RegionOne"), [lost.clone()]);
    world.wait_gone(&lost).await;
    world.one().faults.clear();
    wait_until("not charged", async || used(&world, "instances").await == 1).await;
    let said = cascade(&world.top.app.config, &["server", "audit"]).await;
    let line = said.out.lines().find(|line| line.contains(&lost)).unwrap_or_else(|| panic!("{}", said.out));
    assert!(!said.good && line.contains("runs, and its row is closed"), "{line}");
    assert!(said.out.contains("0 without a row, 1 with a closed row"), "{}", said.out);
    assert_eq!(ids(&world.demo().get("/servers").await), [other.clone()], "dry");
    let said = cascade(&world.top.app.config, &["server", "audit", "--fix"]).await;
    assert!(said.good && said.out.contains("it is open again"), "{} {}", said.out, said.err);
    wait_listed(&world, &[&lost, &other]).await;
    assert_eq!((used(&world, "instances").await, used(&world, "cores").await), (2, 2));
    settled(&database).await;
    assert_eq!(world.show(&lost).await["status"], "ACTIVE");
    let said = cascade(&world.top.app.config, &["server", "audit"]).await;
    assert!(said.good, "{} {}", said.out, said.err);
}

async fn an_owner_or_charge_that_differs_is_set_right(database: Arc<Database>) {
    let world = World::start(&database).await;
    let (given, cheap) = (world.boot("RegionOne", "given").await, world.boot("RegionTwo", "cheap").await);
    settled(&database).await;
    let (project, user) = (world.cloud.keystone.project_id("alt"), world.cloud.keystone.user_id("alt"));
    world.one().nova.edit_quietly(&given, |server| {
        (server.project, server.user) = (project.clone(), user.clone());
    });
    database.execute(&format!("UPDATE servers SET charged_cores = 0 WHERE id = '{cheap}'")).await;
    database.execute("UPDATE quota_usage SET in_use = in_use - 1 WHERE resource = 'cores'").await;
    let said = cascade(&world.top.app.config, &["server", "audit", "--fix"]).await;
    assert!(said.good && said.out.contains(&format!("is of project {project}")), "{} {}", said.out, said.err);
    assert!(said.out.contains("is charged 1 server, 0 cores, 512 MiB, not 1, 1, 512"), "{}", said.out);
    assert_eq!(ids(&world.user("alt", "2.1").get("/servers").await), [given.clone()]);
    assert_eq!(world.demo().get(&format!("/servers/{given}")).await.status, 404);
    assert_eq!((used(&world, "instances").await, used(&world, "cores").await), (1, 1));
}

async fn a_list_that_leaves_servers_out_is_no_finding(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    settled(&database).await;
    for kind in [Kind::HideServers(1.0), Kind::DownCell(1.0)] {
        world.one().faults.push(Fault::new(kind).on(Service::Nova));
        let said = cascade(&world.top.app.config, &["server", "audit", "--fix"]).await;
        assert!(said.good && !said.out.contains(&id), "{} {}", said.out, said.err);
        world.one().faults.clear();
    }
    assert_eq!(world.show(&id).await["status"], "ACTIVE");
}

async fn a_region_that_does_not_answer_is_no_region_in_order(database: Arc<Database>) {
    let world = World::start(&database).await;
    world.boot("RegionOne", "web").await;
    world.two().down().await;
    let said = cascade(&world.top.app.config, &["server", "audit"]).await;
    assert!(!said.good && said.out.contains("RegionTwo: could not be compared"), "{} {}", said.out, said.err);
    assert!(said.out.contains("RegionOne: 1 servers compared"), "{}", said.out);
    let said = cascade(&world.top.app.config, &["server", "audit", "--region", "Nowhere"]).await;
    assert!(!said.good && said.err.contains("there is no region Nowhere"), "{}", said.err);
}

/// The worker, an audit and two that join the region.
async fn several_that_adopt_at_once_adopt_each_once(database: Arc<Database>) {
    let world = adopting(&database).await;
    world.one().nova.put_flavor(nova::Flavor::new("x1", "own.big", 8, 16_384, 80));
    let big = world.one().nova.flavor("x1").expect("a flavor");
    let made: Vec<String> = (0..60)
        .map(|number| {
            let big = big.clone();
            world.one().nova.add_server_with("demo", &format!("s{number}"), |server| {
                if number % 2 == 0 {
                    server.flavor = big;
                }
            })
        })
        .collect();
    let app = &world.top.app;
    let region = app.registry.by_name("RegionOne").expect("a region");
    let api = RegionApi::new(app.service.clone(), region, ms(5_000));
    let (first, second, audited) = tokio::join!(
        adopt::take_over(app, &api, |_| {}),
        adopt::take_over(app, &api, |_| {}),
        adopt::audit::run(app, &api, true, |_| {}),
    );
    let (first, second) = (first.expect("done"), second.expect("done"));
    assert!(first.refused.is_empty() && second.refused.is_empty(), "{first:?} {second:?}");
    let left = audited.expect("done").findings.into_iter().filter(|finding| !finding.fixed);
    assert_eq!(left.map(|finding| finding.what).collect::<Vec<_>>(), Vec::<String>::new());
    wait_listed(&world, &made.iter().collect::<Vec<_>>()).await;
    assert_eq!((used(&world, "instances").await, used(&world, "cores").await), (60, 30 * 8 + 30));
    assert_eq!(database.texts("SELECT flavor_id AS text FROM adopted_flavors").await, ["x1"]);
    assert_eq!(database.texts("SELECT local_id AS text FROM server_mappings").await.len(), 60);
    let stop = json!({"os-stop": null});
    assert_eq!(world.demo().post(&format!("/servers/{}/action", made[0]), stop).await.status, 202);
}
