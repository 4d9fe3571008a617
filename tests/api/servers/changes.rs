//! Changes that go to the server's region: read at once, awaited where nothing tells that they go on, refused in the
//! region's words.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::sim::{Fault, Kind, Pace, Service, nova};
use crate::support::{Database, World, accepted, on_each_database, refused, wait_until};

on_each_database!(
    a_change_is_read_at_once,
    what_updated_does_not_tell_is_read_at_once,
    an_update_is_answered_with_the_tops_document,
    a_detach_is_awaited,
    a_resize_is_confirmed_when_the_region_says_so,
    a_refused_change_leaves_nothing_open,
    a_region_that_does_not_answer_says_what_may_have_happened,
    a_client_that_goes_away_changes_nothing,
    names_of_the_top_become_the_regions,
    an_unknown_server_asks_no_region,
    a_change_arrives_as_the_user_sent_it,
);

async fn act(world: &World, id: &str, body: Value) -> crate::sim::Answer {
    world.user("demo", "2.90").post(&format!("/servers/{id}/action"), body).await
}

async fn a_change_is_read_at_once(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    world.synced().await;
    world.one().nova.set_action_pace(Pace::ByHand);
    let moves =
        [("os-stop", "powering-off", "SHUTOFF"), ("os-start", "powering-on", "ACTIVE"), ("pause", "pausing", "PAUSED")];
    for (action, task, status) in moves {
        assert_eq!(act(&world, &id, json!({ action: null })).await.status, 202);
        assert_eq!(world.show(&id).await["OS-EXT-STS:task_state"], task);
        let list = world.demo().get("/servers/detail").await.json();
        assert_eq!(list["servers"][0]["OS-EXT-STS:task_state"], task);
        world.one().nova.finish(&id);
        world.wait_status(&id, status).await;
    }
}

async fn what_updated_does_not_tell_is_read_at_once(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionTwo", "web").await;
    world.synced().await;
    let demo = world.user("demo", "2.26");
    for tags in [json!(["a", "b"]), json!(["c"]), json!([])] {
        let path = format!("/servers/{id}");
        assert_eq!(demo.put(&format!("{path}/tags"), json!({ "tags": tags })).await.status, 200);
        assert_eq!(demo.get(&path).await.json()["server"]["tags"], tags);
        let first = tags[0].as_str().unwrap_or("none");
        let found = demo.get(&format!("/servers?tags={first}")).await.json();
        assert_eq!(found["servers"].as_array().map(Vec::len), Some(usize::from(first != "none")), "{tags}");
    }
}

async fn an_update_is_answered_with_the_tops_document(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    let path = format!("/servers/{id}");
    for (version, name) in [("2.1", "one"), ("2.42", "two"), ("2.96", "three")] {
        let demo = world.user("demo", version);
        let answer = demo.put(&path, json!({ "server": { "name": name } })).await;
        assert_eq!(answer.status, 200);
        let updated = answer.json()["server"].clone();
        assert_eq!(updated["name"], name);
        assert_eq!(updated["links"][0]["href"], format!("{}/v2.1/servers/{id}", world.top.url));
        assert_eq!(updated.get("OS-EXT-AZ:availability_zone").is_some(), version == "2.96", "{updated}");
        if version == "2.1" {
            assert_eq!(updated["flavor"]["id"], "1", "the top's");
        }
        let shown = demo.get(&path).await.json()["server"].clone();
        assert_eq!(shown["name"], name, "read at once");
        let common = updated.as_object().expect("a document").iter().filter(|(key, _)| *key != "addresses");
        for (key, value) in common {
            assert_eq!(shown.get(key), Some(value), "{key} at {version}");
        }
    }
}

/// What is still waited for, and whether the row counts as settled.
async fn row(database: &Database) -> (String, String) {
    let awaits = database.texts("SELECT COALESCE(awaits, '') AS text FROM servers").await.remove(0);
    (awaits, database.texts("SELECT CAST(settled AS CHAR) AS text FROM servers").await.remove(0))
}

async fn a_detach_is_awaited(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    world.one().nova.edit_quietly(&id, |server| server.volumes = vec!["v-1".into(), "v-2".into()]);
    let port = world.one().neutron.ports_of(&id).remove(0);
    wait_until("a settled row", async || row(&database).await == (String::new(), "1".into())).await;
    let path = format!("/servers/{id}");
    let attached = async || world.show(&id).await["os-extended-volumes:volumes_attached"].as_array().map(Vec::len);

    assert_eq!(world.demo().delete(&format!("{path}/os-volume_attachments/v-1")).await.status, 202);
    world.rounds(world.one(), 3).await;
    assert_eq!(row(&database).await, ("volume-gone:v-1".into(), "0".into()), "nothing else tells that it goes on");
    world.one().nova.edit_quietly(&id, |server| server.volumes = vec!["v-2".into()]);
    wait_until("one volume", async || attached().await == Some(1)).await;
    wait_until("a settled row", async || row(&database).await == (String::new(), "1".into())).await;

    assert_eq!(world.demo().delete(&format!("{path}/os-interface/{}", port.id)).await.status, 202);
    world.rounds(world.one(), 3).await;
    assert_eq!(row(&database).await, (format!("mac-gone:{}", port.mac_address), "0".into()));
    world.one().neutron.remove_port(&port.id);
    world.one().nova.edit_quietly(&id, |server| server.addresses = json!({}));
    wait_until("no address", async || world.show(&id).await["addresses"] == json!({})).await;
    wait_until("a settled row", async || row(&database).await == (String::new(), "1".into())).await;
}

async fn a_resize_is_confirmed_when_the_region_says_so(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    assert_eq!(act(&world, &id, json!({ "resize": { "flavorRef": "2" } })).await.status, 202);
    world.wait_status(&id, "VERIFY_RESIZE").await;
    let confirm = act(&world, &id, json!({ "confirmResize": null })).await;
    assert_eq!((confirm.status, confirm.body.len()), (204, 0));
    let server = world.wait_status(&id, "ACTIVE").await;
    assert_eq!(server["flavor"]["id"], "2", "the top's id of the new flavor");
    wait_until("a settled row", async || row(&database).await == (String::new(), "1".into())).await;
}

async fn a_refused_change_leaves_nothing_open(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    let message = refused(&act(&world, &id, json!({ "os-start": null })).await, 409);
    assert!(message.starts_with("Cannot 'start' instance"), "{message}");
    let message = refused(&world.demo().put(&format!("/servers/{id}"), json!({ "server": { "x": 1 } })).await, 400);
    assert!(message.contains("'x' was unexpected"), "the region's own words: {message}");
    wait_until("a settled row", async || row(&database).await == (String::new(), "1".into())).await;
    assert_eq!(world.show(&id).await["status"], "ACTIVE");
}

async fn a_region_that_does_not_answer_says_what_may_have_happened(database: Arc<Database>) {
    let world = World::with(&database, |config| config.region.call_timeout_ms = 500).await;
    let id = world.boot("RegionOne", "web").await;
    let on = |kind| Fault::new(kind).on(Service::Nova).path(&format!("/v2.1/servers/{id}")).times(1);
    world.one().faults.push(on(Kind::HangAfter).method("POST"));
    let message = refused(&act(&world, &id, json!({ "os-stop": null })).await, 503);
    assert!(message.contains("RegionOne") && message.contains("may have happened"), "{message}");
    world.wait_status(&id, "SHUTOFF").await;
    world.one().down().await;
    let message = refused(&act(&world, &id, json!({ "os-start": null })).await, 503);
    assert!(message.contains("did not happen"), "{message}");
    let message = refused(&world.demo().get(&format!("/servers/{id}/metadata")).await, 503);
    assert!(message.contains("RegionOne"), "{message}");
    assert_eq!(world.show(&id).await["status"], "SHUTOFF", "as last known");
}

async fn a_client_that_goes_away_changes_nothing(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    let slow = Fault::new(Kind::DelayBefore(Duration::from_millis(700))).on(Service::Nova).method("POST");
    world.one().faults.push(slow.path("/v2.1/servers/").times(1));
    let (client, path) = (world.demo(), format!("/servers/{id}/action"));
    let asking = tokio::spawn(async move { client.send("POST", &path, Some(json!({ "os-stop": null }))).await });
    wait_until("the change in the region", async || world.one().nova.count("POST /servers/{id}/action") == 1).await;
    asking.abort();
    world.wait_status(&id, "SHUTOFF").await;
    wait_until("a settled row", async || row(&database).await == (String::new(), "1".into())).await;
}

async fn names_of_the_top_become_the_regions(database: Arc<Database>) {
    let world = World::start(&database).await;
    // RegionTwo has another flavor under the id that the top gives this one.
    world.two().nova.put_flavor(nova::Flavor::new("2", "something.else", 7, 7_000, 7));
    let id = world.boot("RegionTwo", "web").await;
    assert_eq!(act(&world, &id, json!({ "resize": { "flavorRef": "2" } })).await.status, 202);
    let sent = world.two().nova.seen_on("POST /servers/{id}/action").pop().expect("a resize").json();
    assert_ne!(sent["resize"]["flavorRef"], "2", "{sent}");
    assert_eq!(world.wait_status(&id, "VERIFY_RESIZE").await["flavor"]["id"], "2");
    let message = refused(&act(&world, &id, json!({ "resize": { "flavorRef": "none" } })).await, 400);
    assert_eq!(message, "Flavor none could not be found.");
    assert_eq!(act(&world, &id, json!({ "confirmResize": null })).await.status, 204);
    world.wait_status(&id, "ACTIVE").await;
    let zones = [
        ("RegionTwo-nova", Ok(json!({ "availability_zone": "nova" }))),
        ("RegionTwo", Ok(Value::Null)),
        ("RegionOne", Err("is in another region than the server")),
        ("nowhere", Err("is not available")),
    ];
    for (zone, wanted) in zones {
        let answer = act(&world, &id, json!({ "unshelve": { "availability_zone": zone } })).await;
        match wanted {
            Ok(body) => {
                let sent = world.two().nova.seen_on("POST /servers/{id}/action").pop().expect("an unshelve").json();
                assert_eq!(sent["unshelve"], body, "{zone}");
            }
            Err(words) => assert!(refused(&answer, 400).contains(words), "{zone}"),
        }
    }
}

async fn an_unknown_server_asks_no_region(database: Arc<Database>) {
    let world = World::start(&database).await;
    let alts = world.boot_as("alt", "RegionOne", "alts").await;
    world.synced().await;
    let asked = || -> u64 {
        let of_servers = |region: &crate::sim::SimRegion| {
            let counts = region.nova.requests();
            counts.iter().filter(|(route, _)| route.contains("{id}")).map(|(_, count)| count).sum::<u64>()
        };
        world.cloud.regions().map(of_servers).sum()
    };
    let before = asked();
    for id in ["web", "7d6a0d2e-0000-4000-8000-000000000000", &alts] {
        for part in ["", "/metadata", "/tags", "/os-instance-actions", "/os-volume_attachments", "/ips"] {
            refused(
                &world.user("demo", "2.96").get(&format!("/servers/{id}{part}")).await,
                if part == "/tags" && id == alts { 403 } else { 404 },
            );
        }
        refused(&world.demo().put(&format!("/servers/{id}"), json!({ "server": { "name": "x" } })).await, 404);
        refused(&act(&world, id, json!({ "pause": null })).await, 404);
    }
    assert_eq!(asked(), before, "a region was asked for a server that the top does not know, or that is another's");
}

async fn a_change_arrives_as_the_user_sent_it(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = accepted(&world.demo().post("/servers", world.body_in("RegionOne", "web")).await);
    world.wait_status(&id, "ACTIVE").await;
    let text = json!({ "reboot": { "type": "SOFT" } });
    let token = world.cloud.token("demo");
    let client = world
        .top
        .client()
        .token(&token)
        .version("2.42")
        .header("x-user-id", "root")
        .header("x-secret", "1")
        .header("connection", "x-secret");
    let answer = client.post(&format!("/servers/{id}/action"), text.clone()).await;
    assert_eq!(answer.status, 202);
    let seen = world.one().nova.seen_on("POST /servers/{id}/action").pop().expect("a reboot");
    assert_eq!(seen.json(), text);
    assert_eq!(seen.header("x-auth-token"), Some(token.as_str()));
    assert!(seen.header("x-service-token").is_some());
    assert_eq!(seen.header("openstack-api-version"), Some("compute 2.42"));
    assert_eq!((seen.header("x-user-id"), seen.header("x-secret")), (None, None));
    let (ours, theirs) = (answer.header("x-cascade-request-id"), answer.header("x-openstack-request-id"));
    assert_eq!(seen.header("x-openstack-request-id"), ours, "ours is the region's global id");
    assert_ne!(ours, theirs);
    assert_eq!(theirs, answer.header("x-compute-request-id"));
}
