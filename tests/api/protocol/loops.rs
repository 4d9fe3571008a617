//! A nova-cascade is no region: not this one under any name or address, and no other one.

use std::sync::Arc;

use http::Request;
use http_body_util::Empty;
use nova_cascade::config::{Config, RegionEntry};
use nova_cascade::db;
use tokio::net::{TcpListener, TcpStream};

use crate::sim::{Client, Service, SimCloud};
use crate::support::{Database, Top, World, accepted, command_line, ids, on_each_database, refused, send, wait_until};

on_each_database!(
    the_top_under_another_name_is_no_region,
    the_top_behind_an_address_that_answers_late_is_no_region,
    a_top_that_the_configuration_names_is_no_region,
    another_top_is_no_region,
    a_request_that_comes_from_a_top_is_refused,
    every_process_of_a_top_has_its_id,
    the_operator_is_told_and_what_is_taken_out_is_forgotten,
);

fn often(config: &mut Config) {
    config.region.discovery_period_s = 1;
}

/// Names of the regions in use.
fn used(top: &Top) -> Vec<String> {
    top.app.registry.all().iter().map(|region| region.name().to_owned()).collect()
}

/// Names of the regions that get no requests.
fn out(top: &Top) -> Vec<String> {
    let regions = top.app.registry.registered();
    let refused = regions.iter().filter(|region| region.refusal().is_some());
    refused.map(|region| region.name().to_owned()).collect()
}

/// Boots go to the two regions, and nothing is shown twice.
async fn works(world: &World) {
    let demo = world.demo();
    let mut made = Vec::new();
    for number in 0..4 {
        made.push(accepted(&demo.post("/servers", world.body(&format!("s{number}"))).await));
    }
    for id in &made {
        world.wait_status(id, "ACTIVE").await;
    }
    world.synced().await;
    let shown = ids(&demo.get("/servers").await);
    assert_eq!(shown.len(), made.len(), "{shown:?}");
    assert!(made.iter().all(|id| shown.contains(id)));
    let in_regions = world.one().nova.ids().len() + world.two().nova.ids().len();
    assert_eq!(in_regions, made.len());
    assert_eq!(used(&world.top), ["RegionOne", "RegionTwo"]);
}

async fn the_top_under_another_name_is_no_region(database: Arc<Database>) {
    let world = World::with(&database, often).await;
    // Its name is before all others, and it has the fewest servers.
    world.cloud.add_cascade("Another", &format!("{}/v2.1", world.top.url));
    wait_until("it is found out", async || out(&world.top) == ["Another"]).await;
    works(&world).await;
    assert_eq!(database.texts("SELECT top_name AS text FROM zones WHERE top_name LIKE 'Another%'").await.len(), 0);
}

/// Passes connections on to the address from now on.
async fn pass_on(listener: TcpListener, to: String) {
    while let Ok((mut from, _)) = listener.accept().await {
        let Ok(mut to) = TcpStream::connect(&to).await else { continue };
        tokio::spawn(async move { tokio::io::copy_bidirectional(&mut from, &mut to).await });
    }
}

async fn the_top_behind_an_address_that_answers_late_is_no_region(database: Arc<Database>) {
    // Bound, and nobody accepts: a connection is made, and no answer comes.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let cloud = SimCloud::start(&["RegionOne", "RegionTwo"]).await;
    cloud.add_cascade("Another", &format!("http://{address}/v2.1"));
    let world = World::over(cloud, &database, often).await;
    wait_until("it is registered", async || used(&world.top).contains(&"Another".to_owned())).await;
    assert_eq!(out(&world.top), [""; 0]);
    let address = world.top.url.trim_start_matches("http://").to_owned();
    let passing = tokio::spawn(pass_on(listener, address));
    wait_until("it is found out", async || out(&world.top) == ["Another"]).await;
    works(&world).await;
    passing.abort();
}

async fn a_top_that_the_configuration_names_is_no_region(database: Arc<Database>) {
    let mut world = World::start(&database).await;
    // It leads to the top when that is started again.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let mut entries: Vec<RegionEntry> = Vec::new();
    for region in world.cloud.regions() {
        entries.push(RegionEntry {
            name: region.name.clone(),
            compute_url: region.url(Service::Nova),
            network_url: region.url(Service::Neutron),
            image_url: region.url(Service::Glance),
            placement_url: region.url(Service::Placement),
            ..RegionEntry::default()
        });
    }
    entries.push(RegionEntry {
        name: "Another".into(),
        compute_url: format!("http://{address}/v2.1"),
        ..entries[0].clone()
    });
    world.restart(|config| (config.regions, config.region.discovery_period_s) = (entries, 1)).await;
    tokio::spawn(pass_on(listener, world.top.url.trim_start_matches("http://").to_owned()));
    wait_until("it is found out", async || out(&world.top) == ["Another"]).await;
    works(&world).await;
}

async fn another_top_is_no_region(database: Arc<Database>) {
    let world = World::with(&database, often).await;
    let other = Arc::new(Database::create(crate::support::Backend::Sqlite));
    let over = Top::start(&world.cloud, &other, often).await;
    world.cloud.add_cascade("First", &format!("{}/v2.1", world.top.url));
    world.cloud.add_cascade("Second", &format!("{}/v2.1", over.url));
    for top in [&world.top, &over] {
        wait_until("both are found out", async || out(top) == ["First", "Second"]).await;
    }
    works(&world).await;
    let region = world.top.app.registry.by_name("Second").expect("registered");
    assert_eq!(region.refusal(), Some("its compute endpoint is another nova-cascade, which cannot be a region"));
}

async fn a_request_that_comes_from_a_top_is_refused(database: Arc<Database>) {
    let world = World::start(&database).await;
    let answer = world.demo().get("/servers").await;
    let own = answer.header("x-cascade-top").expect("the id").to_owned();
    for (via, words) in [(own.as_str(), "this nova-cascade itself"), ("another", "another nova-cascade")] {
        let from_top = world.demo().header("x-cascade-via", via);
        for answer in [from_top.post("/servers", world.body("web")).await, from_top.get("/servers").await] {
            let message = refused(&answer, 508);
            assert!(message.contains(words), "{message}");
            assert_eq!(answer.header("x-cascade-top"), Some(own.as_str()));
            assert!(answer.header("x-compute-request-id").is_some());
        }
    }
    assert_eq!(world.boots_sent(), 0);
    // Every request to a region says where it comes from, and every answer whose it is.
    accepted(&world.demo().post("/servers", world.body("web")).await);
    for region in world.cloud.regions() {
        let seen = region.nova.record().seen();
        let signed = seen.iter().filter(|seen| seen.header("x-auth-token").is_some());
        assert!(signed.clone().count() > 0);
        for seen in signed {
            assert_eq!(seen.header("x-cascade-via"), Some(own.as_str()), "{}", seen.route);
        }
    }
    for path in ["/", "/v2.1", "/v2.1/nothing"] {
        let request = Request::get(path).body(Empty::new()).expect("a request");
        let answer = send(&world.top.url, request).await.expect("an answer");
        assert_eq!(answer.header("x-cascade-top"), Some(own.as_str()), "{path}");
    }
}

async fn every_process_of_a_top_has_its_id(database: Arc<Database>) {
    let mut world = World::start(&database).await;
    let id = async |world: &World| world.top.client().get("").await.header("x-cascade-top").expect("an id").to_owned();
    let first = id(&world).await;
    world.restart(|_| {}).await;
    assert_eq!(id(&world).await, first);
    assert_eq!(db::top::id(&world.db).await.expect("an id"), first);
}

async fn the_operator_is_told_and_what_is_taken_out_is_forgotten(database: Arc<Database>) {
    let world = World::with(&database, often).await;
    let url = format!("{}/v2.1", world.top.url);
    world.cloud.add_cascade("Another", &url);
    let reason = format!(
        "its compute endpoint leads back to this nova-cascade ({url}), so it is not used: name it in region.top_names"
    );
    let checked = command_line(&world, &["check"]).await;
    let text = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(!checked.status.success() && text.contains(&format!("WRONG Another compute: {reason}")), "{text}");
    assert!(text.contains("ok    RegionOne compute"), "{text}");
    for arguments in [&["region", "list"][..], &["region", "status"], &["select", "--project", "p", "--flavor", "1"]] {
        let said = command_line(&world, arguments).await;
        let text = String::from_utf8_lossy(&said.stdout).into_owned();
        assert!(said.status.success() && text.contains(&format!("Another: {reason}")), "{arguments:?}: {said:?}");
    }
    let listed = command_line(&world, &["region", "list"]).await;
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(text.lines().any(|line| line.starts_with("Another") && line.contains(" refused ")), "{text}");
    let added = command_line(&world, &["region", "add", "Another"]).await;
    let text = String::from_utf8_lossy(&added.stderr).into_owned();
    assert!(!added.status.success() && text.contains("leads back to this nova-cascade"), "{text}");
    // Where there is a Nova again, it is a region again.
    assert_eq!(Client::new(&url).get("").await.status, 200);
    world.cloud.keystone.remove_endpoints("Another");
    wait_until("it is forgotten", async || {
        database.texts("SELECT name AS text FROM regions WHERE name = 'Another'").await.is_empty()
            && out(&world.top).is_empty()
    })
    .await;
    world.cloud.keystone.add_endpoint("Another", "compute", &url);
    wait_until("it is found out again", async || out(&world.top) == ["Another"]).await;
    world.cloud.keystone.remove_endpoints("Another");
    world.cloud.keystone.add_endpoint("Another", "compute", &world.two().url(Service::Nova));
    wait_until("a Nova is used", async || used(&world.top).contains(&"Another".to_owned())).await;
}
