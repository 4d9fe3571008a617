//! What stands beside servers and shows in their documents without touching `updated`.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::sim::{Fault, Kind, Service};
use crate::support::{Database, World, on_each_database, wait_until};

on_each_database!(
    floating_ips_that_come_and_go_are_seen,
    a_host_that_goes_down_is_seen_with_its_servers_alone,
    many_servers_of_a_host_are_read_page_by_page,
    an_idle_region_is_asked_for_light_pages_alone,
    a_neutron_that_shows_no_ports_takes_none_away,
);

async fn floating_ips_that_come_and_go_are_seen(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    let region = world.one();
    let port = region.neutron.ports_of(&id).remove(0);
    let ip = region.neutron.add_floating_ip("198.51.100.7");
    let has = async || {
        let addresses = world.show(&id).await["addresses"].clone();
        addresses["shared"].as_array().is_some_and(|all| all.iter().any(|one| one["addr"] == "198.51.100.7"))
    };
    for there in [true, false] {
        region.neutron.lead_floating_ip(&ip, there.then_some(port.id.as_str()));
        // Nova hears of it later than we do.
        world.rounds(region, 5).await;
        assert_eq!(has().await, !there);
        region.nova.edit_quietly(&id, |server| {
            let list = server.addresses["shared"].as_array_mut().unwrap();
            list.retain(|one| one["addr"] != "198.51.100.7");
            if there {
                list.push(json!({
                    "version": 4, "addr": "198.51.100.7", "OS-EXT-IPS:type": "floating",
                    "OS-EXT-IPS-MAC:mac_addr": port.mac_address,
                }));
            }
        });
        wait_until("the address", async || has().await == there).await;
        wait_until("settled", async || {
            !database.texts("SELECT id AS text FROM servers WHERE settled AND awaits IS NULL").await.is_empty()
        })
        .await;
    }
}

async fn a_host_that_goes_down_is_seen_with_its_servers_alone(database: Arc<Database>) {
    let world = World::start(&database).await;
    let made = world.populate(world.one(), 12).await;
    let host = |id: &String| world.one().nova.inspect(id, |server| server.host.clone()).flatten();
    let down = host(&made[0]).expect("a host");
    let (on, off): (Vec<String>, Vec<String>) = made.iter().cloned().partition(|id| host(id).as_ref() == Some(&down));
    assert!(!on.is_empty() && !off.is_empty());
    let admin = world.user("admin", "2.16");
    let statuses = async |ids: &[String]| {
        let list = admin.get("/servers/detail?all_tenants=1").await.json();
        let of = |id: &String| {
            list["servers"].as_array()?.iter().find(|one| one["id"] == **id)?["host_status"].as_str().map(str::to_owned)
        };
        ids.iter().filter_map(of).collect::<Vec<String>>()
    };
    // The first look at the hosts is stored before they change.
    let looked = format!("SELECT host AS text FROM host_states WHERE host = '{down}' AND status = 'UP'");
    wait_until("a look", async || !database.texts(&looked).await.is_empty()).await;
    world.rounds(world.one(), 3).await;
    for (up, status) in [(false, "UNKNOWN"), (true, "UP")] {
        world.one().nova.record().clear();
        world.one().nova.set_host_up(&down, up);
        wait_until(status, async || statuses(&on).await.iter().all(|one| one == status)).await;
        assert!(statuses(&off).await.iter().all(|one| one == "UP"));
        let shown = world.one().nova.seen_on("GET /servers/{id}");
        assert!(shown.iter().all(|seen| on.iter().any(|id| seen.path.ends_with(id))), "{shown:?}");
    }
}

async fn many_servers_of_a_host_are_read_page_by_page(database: Arc<Database>) {
    let world = World::with(&database, |config| (config.sync.shows_per_round, config.sync.page_size) = (3, 4)).await;
    let made = world.populate(world.one(), 10).await;
    let nova = &world.one().nova;
    let host = nova.hosts().remove(0);
    made.iter().for_each(|id| nova.edit(id, |server| server.host = Some(host.clone())));
    let there = format!("SELECT id AS text FROM servers WHERE host = '{host}' AND settled AND documented ORDER BY id");
    wait_until("all are on one host", async || database.texts(&there).await == made).await;
    let looked = format!("SELECT host AS text FROM host_states WHERE host = '{host}' AND status = 'UP'");
    wait_until("a look", async || !database.texts(&looked).await.is_empty()).await;
    world.rounds(world.one(), 3).await;
    wait_until("nothing is due", async || database.texts(&there).await == made).await;
    for (up, status) in [(false, "UNKNOWN"), (true, "UP")] {
        nova.record().clear();
        nova.set_host_up(&host, up);
        let shown =
            format!("SELECT id AS text FROM servers WHERE document LIKE '%\"host_status\":\"{status}\"%' ORDER BY id");
        wait_until(status, async || database.texts(&shown).await == made).await;
        // A sweep may have been the first to read some of them.
        wait_until("ten servers, four a page", async || {
            let pages = nova.seen_on("GET /servers/detail");
            pages.iter().filter(|seen| seen.query.contains(&("host".to_owned(), host.clone()))).count() >= 3
        })
        .await;
        assert!(nova.seen_on("GET /servers/{id}").is_empty());
    }
}

async fn an_idle_region_is_asked_for_light_pages_alone(database: Arc<Database>) {
    let world = World::with(&database, |config| config.sync.neighbours_page_size = 4).await;
    world.populate(world.one(), 10).await;
    let known = "SELECT id AS text FROM ports";
    wait_until("ten ports", async || database.texts(known).await.len() == 10).await;
    let light = |seen: &crate::sim::Seen| seen.query.iter().filter(|(key, _)| key == "fields").count() == 3;
    let record = world.one().neutron.record();
    // Those of servers that were new a moment ago are still read whole.
    wait_until("light readings", async || {
        record.clear();
        wait_until("some readings", async || record.count("GET /v2.0/ports") > 12).await;
        record.seen_on("GET /v2.0/ports").iter().all(light)
    })
    .await;
    // What changes is read whole, and nothing else.
    let port = world.one().neutron.ports_of(&world.live(world.one()).await[3]).remove(0).id;
    record.clear();
    world.one().neutron.set_port_status(&port, "DOWN");
    let down = "SELECT id AS text FROM ports WHERE status = 'DOWN'";
    wait_until("DOWN", async || database.texts(down).await == [port.clone()]).await;
    let whole: Vec<_> = record.seen_on("GET /v2.0/ports").into_iter().filter(|seen| !light(seen)).collect();
    assert!(whole.iter().all(|seen| seen.query.iter().filter(|(key, _)| key == "id").map(|(_, id)| id).eq([&port])));
}

async fn a_neutron_that_shows_no_ports_takes_none_away(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    let ports = async || {
        let answer = world.demo().get(&format!("/servers/{id}/os-interface")).await.json();
        answer["interfaceAttachments"].as_array().map(Vec::len)
    };
    wait_until("a port", async || ports().await == Some(1)).await;
    let record = world.one().neutron.record();
    for body in [r#"{"ports": []}"#, r#"{"ports": 7}"#, "<html>"] {
        world.one().faults.push(Fault::new(Kind::Garbage(200, body)).on(Service::Neutron).path("/v2.0/ports"));
        let seen = record.count("GET /v2.0/ports");
        wait_until("some readings", async || record.count("GET /v2.0/ports") > seen + 6).await;
        assert_eq!(ports().await, Some(1), "{body}");
        world.one().faults.clear();
    }
    world.one().neutron.release(&id);
    world.one().nova.edit_quietly(&id, |server| server.addresses = Value::Object(serde_json::Map::new()));
    wait_until("none", async || ports().await == Some(0)).await;
}
