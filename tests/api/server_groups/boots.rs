//! Boots into a group: what the region gets, what is shown, and what goes wrong on the way.

use std::sync::Arc;

use serde_json::json;

use super::{body_in, group_of, hinted, members};
use crate::sim::{Fault, Kind, Service};
use crate::support::{Database, World, accepted, on_each_database, refused, wait_for, wait_until};

on_each_database!(
    a_member_is_shown_with_the_tops_ids,
    the_regional_group_is_the_users_and_made_once,
    a_group_that_is_not_there_is_refused_in_novas_words,
    too_many_members_are_refused,
    members_of_other_projects_are_not_shown,
    a_lost_answer_is_found_in_its_group,
    a_regional_group_without_a_row_is_found_by_its_name,
    a_regional_group_that_was_deleted_is_made_again,
);

async fn a_member_is_shown_with_the_tops_ids(database: Arc<Database>) {
    let world = World::start(&database).await;
    let group = group_of(&world, "demo", "anti-affinity").await;
    let mut body = world.body("web");
    body["OS-SCH-HNT:scheduler_hints"] = json!({"group": [group], "query": "x"});
    let id = accepted(&world.demo().post("/servers", body).await);
    let check = async |what: &str| {
        let show = world.user("demo", "2.104").get(&format!("/servers/{id}")).await.json()["server"].clone();
        assert_eq!(show["server_groups"], json!([group]), "{what}");
        assert_eq!(show["scheduler_hints"], json!({"group": [group], "query": ["x"]}), "{what}");
        show["status"].clone()
    };
    check("from the answer").await;
    wait_until("the region's document", async || check("from the region").await == "ACTIVE").await;
    // By microversion: a field of single documents from 2.71 on, hints everywhere from 2.100 on.
    let get = async |version: &str, path: &str| world.user("demo", version).get(path).await.json();
    assert!(get("2.70", &format!("/servers/{id}")).await["server"].get("server_groups").is_none());
    let listed = get("2.100", "/servers/detail").await["servers"][0].clone();
    assert!(listed.get("server_groups").is_none());
    assert_eq!(listed["scheduler_hints"]["group"], json!([group]));
    let put = world.user("demo", "2.71").put(&format!("/servers/{id}"), json!({"server": {"name": "new"}})).await;
    assert_eq!(put.json()["server"]["server_groups"], json!([group]));
    let rebuild = json!({"rebuild": {"imageRef": world.image()}});
    let rebuilt = world.user("demo", "2.71").post(&format!("/servers/{id}/action"), rebuild).await;
    assert_eq!(rebuilt.json()["server"]["server_groups"], json!([group]));
    assert_eq!(members(&world, &group).await, [id.clone()]);
    // The region has its own id for the group, and it too has the server in it.
    let region = if world.one().nova.ids().contains(&id) { world.one() } else { world.two() };
    let regional = region.nova.groups().remove(0);
    assert_ne!(regional.id, group);
    let sent = region.nova.created_bodies().remove(0);
    assert_eq!(sent["OS-SCH-HNT:scheduler_hints"]["group"], json!(regional.id));
    assert_eq!(sent["OS-SCH-HNT:scheduler_hints"]["query"], "x");
    assert_eq!(region.nova.inspect(&id, |server| server.group.clone()), Some(Some(regional.id)));
    // A server in no group says so.
    let alone = world.boot("RegionOne", "alone").await;
    assert_eq!(get("2.71", &format!("/servers/{alone}")).await["server"]["server_groups"], json!([]));
}

async fn the_regional_group_is_the_users_and_made_once(database: Arc<Database>) {
    let world = World::start(&database).await;
    let group = group_of(&world, "demo", "soft-anti-affinity").await;
    let demo = world.demo();
    let bodies = (0..8).map(|_| body_in(&world, &group));
    let answers = futures_util::future::join_all(bodies.map(|body| demo.post("/servers", body))).await;
    assert!(answers.iter().all(|answer| answer.status == 202), "{answers:?}");
    for region in world.cloud.regions() {
        let groups = region.nova.groups();
        assert!(groups.len() <= 1, "{groups:?}");
        assert_eq!(region.nova.count("POST /os-server-groups"), groups.len() as u64);
        for regional in groups {
            assert_eq!(regional.project, world.cloud.keystone.project_id("demo"));
            assert_eq!(regional.user, world.cloud.keystone.user_id("demo"));
            assert_eq!(regional.policy, "soft-anti-affinity");
        }
    }
    assert_eq!(members(&world, &group).await.len(), 8);
}

async fn a_group_that_is_not_there_is_refused_in_novas_words(database: Arc<Database>) {
    let world = World::start(&database).await;
    let unknown = uuid::Uuid::new_v4().to_string();
    let others = group_of(&world, "alt", "affinity").await;
    for id in [&unknown, &others] {
        let message = refused(&world.demo().post("/servers", body_in(&world, id)).await, 400);
        assert_eq!(message, format!("Instance group {id} could not be found."));
    }
    let message = refused(&world.demo().post("/servers", hinted(&world, "web", json!({"group": "xx"}))).await, 400);
    let none = "is not valid under any of the given schemas";
    assert_eq!(message, format!("Invalid input for field/attribute group. Value: xx. 'xx' {none}"));
    assert_eq!(world.boots_sent(), 0);
    // An admin sees every group, and boots into it a server of the own project.
    let id = accepted(&world.user("admin", "2.1").post("/servers", body_in(&world, &others)).await);
    let admin = world.user("admin", "2.71").get(&format!("/servers/{id}")).await.json();
    assert_eq!(admin["server"]["server_groups"], json!([others]));
}

async fn too_many_members_are_refused(database: Arc<Database>) {
    let world = World::with(&database, |config| config.quota.server_group_members = 2).await;
    let group = group_of(&world, "demo", "soft-affinity").await;
    let demo = world.demo();
    let bodies = (0..5).map(|_| body_in(&world, &group));
    let answers = futures_util::future::join_all(bodies.map(|body| demo.post("/servers", body))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 202).count(), 2);
    for answer in answers.iter().filter(|answer| answer.status != 202) {
        assert_eq!(refused(answer, 403), "Quota exceeded, too many servers in group");
    }
    assert_eq!(world.boots_sent(), 2);
    // The limit is of each user; a deleted server makes room.
    accepted(&world.user("admin", "2.1").post("/servers", body_in(&world, &group)).await);
    let gone = members(&world, &group).await.remove(0);
    assert_eq!(demo.delete(&format!("/servers/{gone}")).await.status, 204);
    world.wait_gone(&gone).await;
    accepted(&demo.post("/servers", body_in(&world, &group)).await);
    // All servers of a request must fit.
    let other = group_of(&world, "demo", "soft-affinity").await;
    let mut body = body_in(&world, &other);
    body["server"]["min_count"] = json!(3);
    assert_eq!(refused(&demo.post("/servers", body).await, 403), "Quota exceeded, too many servers in group");
    wait_until("none of them is left", async || members(&world, &other).await.is_empty()).await;
    world.wait_no_intents().await;
}

async fn members_of_other_projects_are_not_shown(database: Arc<Database>) {
    let world = World::start(&database).await;
    let group = group_of(&world, "demo", "soft-affinity").await;
    let own = accepted(&world.demo().post("/servers", body_in(&world, &group)).await);
    let admins = accepted(&world.user("admin", "2.1").post("/servers", body_in(&world, &group)).await);
    assert_eq!(members(&world, &group).await, [own.clone()]);
    let seen = world.user("admin", "2.1").get(&format!("/os-server-groups/{group}")).await.json();
    assert_eq!(seen["server_group"]["members"], json!([own, admins]));
    // Whose regional group it is changes hands, since the region shows each only its own.
    accepted(&world.demo().post("/servers", body_in(&world, &group)).await);
    world.wait_no_intents().await;
}

async fn a_lost_answer_is_found_in_its_group(database: Arc<Database>) {
    let world = World::start(&database).await;
    let group = group_of(&world, "demo", "affinity").await;
    for region in world.cloud.regions() {
        let lost = Fault::new(Kind::CloseAfterEffect).on(Service::Nova).method("POST").path("/v2.1/servers");
        region.faults.push(lost.times(1));
    }
    let id = accepted(&world.demo().post("/servers", body_in(&world, &group)).await);
    assert_eq!(members(&world, &group).await, [id.clone()]);
    let show = world.user("demo", "2.104").get(&format!("/servers/{id}")).await.json()["server"].clone();
    assert_eq!(show["scheduler_hints"], json!({"group": [group]}));
    // The second follows it.
    accepted(&world.demo().post("/servers", body_in(&world, &group)).await);
    assert_eq!(super::counts(&world).0 % 2, 0);
    world.wait_no_intents().await;
}

async fn a_regional_group_without_a_row_is_found_by_its_name(database: Arc<Database>) {
    let world = World::start(&database).await;
    let group = group_of(&world, "demo", "affinity").await;
    // The answer that would have told its id is lost.
    for region in world.cloud.regions() {
        let lost = Fault::new(Kind::CloseAfterEffect).on(Service::Nova).path("/v2.1/os-server-groups");
        region.faults.push(lost.method("POST").times(1));
    }
    let message = refused(&world.demo().post("/servers", body_in(&world, &group)).await, 503);
    assert!(message.contains("RegionOne"), "{message}");
    assert_eq!(world.boots_sent(), 0, "without its group no server is booted");
    accepted(&world.demo().post("/servers", body_in(&world, &group)).await);
    assert!(world.cloud.regions().all(|region| region.nova.groups().len() == 1), "found, not made twice");
}

async fn a_regional_group_that_was_deleted_is_made_again(database: Arc<Database>) {
    let world = World::start(&database).await;
    let group = group_of(&world, "demo", "affinity").await;
    let first = accepted(&world.demo().post("/servers", body_in(&world, &group)).await);
    let region = if world.one().nova.ids().contains(&first) { world.one() } else { world.two() };
    let old = region.nova.groups().remove(0).id;
    region.nova.delete_group(&old);
    let second = accepted(&world.demo().post("/servers", body_in(&world, &group)).await);
    let new = region.nova.groups().remove(0).id;
    assert_ne!(old, new);
    assert_eq!(region.nova.inspect(&second, |server| server.group.clone()), Some(Some(new)));
    // On top both are in the group still.
    assert_eq!(members(&world, &group).await.len(), 2);
    let hints = wait_for("the document", async || {
        let show = world.user("demo", "2.104").get(&format!("/servers/{first}")).await.json()["server"].clone();
        (show["status"] == "ACTIVE").then(|| show["scheduler_hints"].clone())
    })
    .await;
    assert_eq!(hints, json!({"group": [group]}));
}
