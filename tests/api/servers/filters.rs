//! The query of a list: what narrows it, what is refused, what is dropped.

use std::sync::Arc;

use serde_json::json;

use crate::key_pairs;
use crate::support::{Database, World, accepted, ids, names, on_each_database, refused, sorted};

on_each_database!(
    names_are_regular_expressions,
    statuses_stand_for_novas_states,
    deleted_servers_are_for_admins,
    all_tenants_is_for_admins,
    unknown_parameters,
    every_filter_narrows,
    changes_and_times,
    what_may_not_be_said_is_dropped_or_refused,
);

async fn names_are_regular_expressions(database: Arc<Database>) {
    let world = World::start(&database).await;
    for name in ["web-1", "WEB-2", "db", "web.x"] {
        world.boot("RegionOne", name).await;
    }
    let listed = async |query: &str| sorted(names(&world.demo().get(&format!("/servers?{query}")).await)).join(" ");
    assert_eq!(listed("name=web").await, "WEB-2 web-1 web.x");
    assert_eq!(listed("name=%5Eweb-%5B0-9%5D%24").await, "WEB-2 web-1");
    assert_eq!(listed("name=%5EB").await, "");
    assert_eq!(listed("name=DB").await, "db");
    assert_eq!(listed("name=b%5C.x").await, "web.x");
    assert_eq!(listed("name=web&name=db").await, "db", "of a repeated one the last counts");
    let message = refused(&world.demo().get("/servers?name=%5B").await, 400);
    assert_eq!(message, "Invalid input for query parameters name. Value: [. '[' is not a 'regex'");
}

async fn statuses_stand_for_novas_states(database: Arc<Database>) {
    let world = World::start(&database).await;
    let nova = &world.one().nova;
    for (name, state, task) in [
        ("active", "active", None),
        ("rebooting", "active", Some("rebooting")),
        ("off", "stopped", None),
        ("resizing", "stopped", Some("resize_prep")),
        ("bad", "error", None),
    ] {
        let id = world.boot("RegionOne", name).await;
        nova.set_status(&id, state);
        nova.set_task(&id, task);
    }
    world.synced().await;
    world.synced().await;
    let listed = async |version: &str, query: &str| {
        let mut found = names(&world.user("demo", version).get(&format!("/servers?{query}")).await);
        found.sort();
        found.join(" ")
    };
    assert_eq!(listed("2.1", "status=ACTIVE").await, "active rebooting");
    assert_eq!(listed("2.1", "status=reboot").await, "rebooting");
    assert_eq!(listed("2.1", "status=SHUTOFF").await, "off resizing");
    assert_eq!(listed("2.1", "status=RESIZE").await, "resizing");
    assert_eq!(listed("2.1", "status=SHUTOFF&status=ERROR").await, "bad off resizing");
    assert_eq!(listed("2.1", "status=ERROR&name=off").await, "");
    assert_eq!(listed("2.37", "status=NONSENSE").await, "");
    assert_eq!(refused(&world.user("demo", "2.38").get("/servers?status=NONSENSE").await, 400), "Invalid status value");
    let message = refused(&world.demo().get("/servers?status=deleted").await, 403);
    assert_eq!(message, "Only administrators may list deleted instances");
}

async fn deleted_servers_are_for_admins(database: Arc<Database>) {
    let world = World::start(&database).await;
    let (kept, gone) = (world.boot("RegionOne", "kept").await, world.boot("RegionTwo", "gone").await);
    world.demo().delete(&format!("/servers/{gone}")).await;
    world.wait_gone(&gone).await;
    let admin =
        async |query: &str| ids(&world.user("admin", "2.1").get(&format!("/servers?all_tenants=1{query}")).await);
    assert_eq!(admin("").await, [kept.clone()]);
    assert_eq!(admin("&deleted=True").await, [gone.clone()]);
    assert_eq!(admin("&deleted=False").await, [kept.clone()]);
    assert_eq!(admin("&status=deleted").await, [gone]);
    // A member's `deleted` is dropped without a word, as the client's own default of it shows.
    assert_eq!(ids(&world.demo().get("/servers?deleted=True").await), [kept]);
}

async fn all_tenants_is_for_admins(database: Arc<Database>) {
    let world = World::start(&database).await;
    let demo = world.boot("RegionOne", "demos").await;
    let alt = world.boot_as("alt", "RegionTwo", "alts").await;
    let admin = world.user("admin", "2.1");
    let listed = async |query: &str| sorted(ids(&admin.get(&format!("/servers{query}")).await));
    let both = sorted([alt.clone(), demo.clone()]);
    assert!(listed("").await.is_empty(), "an admin's own project has none");
    assert!(listed("?all_tenants=0").await.is_empty());
    for query in ["?all_tenants=1", "?all_tenants=True", "?all_tenants=", "?all_tenants"] {
        assert_eq!(listed(query).await, both, "{query}");
    }
    let project = world.cloud.keystone.project_id("demo");
    for key in ["project_id", "tenant_id"] {
        assert_eq!(listed(&format!("?all_tenants=1&{key}={project}")).await, [demo.clone()]);
        assert!(listed(&format!("?{key}={project}")).await.is_empty(), "only with all_tenants");
    }
    for (path, rule) in [("/servers", "index"), ("/servers/detail", "detail")] {
        let message = refused(&world.demo().get(&format!("{path}?all_tenants=1")).await, 403);
        let rule = format!("os_compute_api:servers:{rule}:get_all_tenants");
        assert_eq!(message, format!("Policy doesn't allow {rule} to be performed."));
        assert_eq!(world.demo().get(&format!("{path}?all_tenants=0")).await.status, 200);
    }
    for user in ["demo", "admin"] {
        let message = refused(&world.user(user, "2.1").get("/servers?all_tenants=maybe").await, 400);
        assert!(message.contains("Unrecognized value 'maybe'"), "{message}");
    }
    // Another project's id is dropped for those who may not say it.
    assert_eq!(ids(&world.demo().get(&format!("/servers?tenant_id={}", "f".repeat(32))).await), [demo]);
}

async fn unknown_parameters(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    for path in ["/servers", "/servers/detail"] {
        assert_eq!(ids(&world.user("demo", "2.74").get(&format!("{path}?frob=1")).await), [id.clone()]);
        let message = refused(&world.user("demo", "2.75").get(&format!("{path}?frob=1&limit=1")).await, 400);
        assert_eq!(message, "Additional properties are not allowed ('frob' was unexpected)");
        let message = refused(&world.user("admin", "2.104").get(&format!("{path}?frob=1&aha=1")).await, 400);
        assert_eq!(message, "Additional properties are not allowed ('aha', 'frob' were unexpected)");
    }
    // Tables of Nova's database.
    for key in ["services", "info_cache", "_sa_instance_state"] {
        let message = refused(&world.user("admin", "2.1").get(&format!("/servers?{key}=1")).await, 400);
        assert!(message.contains(key), "{message}");
        assert_eq!(ids(&world.demo().get(&format!("/servers?{key}=1")).await), [id.clone()]);
    }
}

/// Query, and whether it finds the server that [`every_filter_narrows`] makes beside another one; for admins.
pub(super) const FILTERS: [(&str, bool); 63] = [
    ("name=^web$", true),
    ("name=eb", true),
    ("name=web|db", false),
    ("display_name=^WEB", true),
    ("flavor=1", true),
    ("flavor=nonesuch", false),
    ("image=IMAGE", true),
    ("image_ref=IMAGE", true),
    ("image=other", false),
    ("uuid=ID", true),
    ("uuid=x", false),
    ("host=HOST", true),
    ("host=HOS", false),
    ("host=UPPER", true),
    ("node=.", true),
    ("node=nowhere", false),
    ("hostname=^web$", true),
    ("hostname=x", false),
    ("key_name=^ke", true),
    ("key_name=other", false),
    ("config_drive=True", true),
    ("user_id=USER", true),
    ("user_id=x", false),
    ("availability_zone=RegionOne", true),
    ("availability_zone=^Region$", false),
    ("power_state=1", true),
    ("power_state=4", false),
    ("progress=0", true),
    ("vm_state=active", true),
    ("vm_state=stopped", false),
    ("task_state=rebooting", false),
    ("launch_index=0", true),
    ("launch_index=7", false),
    ("root_device_name=vda", true),
    ("root_device_name=vdz", false),
    ("access_ip_v4=10", true),
    ("access_ip_v4=^9", false),
    ("access_ip_v6=fd", true),
    ("auto_disk_config=0", true),
    ("auto_disk_config=1", false),
    ("display_description=words", true),
    ("display_description=other", false),
    ("description=other", true),
    ("reservation_id=^r-", true),
    ("reservation_id=x-", false),
    ("created_at=^20", true),
    ("created_at=^19", false),
    ("launched_at=:", true),
    ("terminated_at=.", false),
    ("ip=IP", true),
    ("ip=999", false),
    ("ip6=999", false),
    ("tags=a", true),
    ("tags=a,b", true),
    ("tags=a,c", false),
    ("tags-any=a,c", true),
    ("tags-any=c,d", false),
    ("not-tags=a,b", false),
    ("not-tags=a,c", true),
    ("not-tags-any=c,d", true),
    ("not-tags-any=a,c", false),
    ("locked=False", true),
    ("locked=True", false),
];

async fn every_filter_narrows(database: Arc<Database>) {
    let world = World::start(&database).await;
    let mut body = world.body("web");
    let more = json!({"key_name": "key", "accessIPv4": "10.9.8.7", "accessIPv6": "fd00::1",
        "config_drive": true, "description": "some words", "tags": ["a", "b"], "availability_zone": "RegionOne",
        "OS-DCF:diskConfig": "MANUAL"});
    body["server"].as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let demo = world.user("demo", "2.104");
    assert_eq!(world.demo().post("/os-keypairs", key_pairs::import("key")).await.status, 200);
    let id = accepted(&demo.post("/servers", body).await);
    world.wait_status(&id, "ACTIVE").await;
    let other = world.boot("RegionTwo", "db").await;
    world.synced().await;
    let admin = world.user("admin", "2.104");
    let shown = admin.get(&format!("/servers/{id}")).await.json()["server"].clone();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let address = shown["addresses"].as_object().and_then(|networks| networks.values().next()).cloned();
    for (query, found) in FILTERS {
        let query = query
            .replace("IMAGE", &text(&shown["image"]["id"]))
            .replace("ID", &id)
            .replace("HOST", &text(&shown["OS-EXT-SRV-ATTR:host"]))
            .replace("USER", &text(&shown["user_id"]))
            .replace("UPPER", &text(&shown["OS-EXT-SRV-ATTR:host"]).to_uppercase())
            .replace("IP", &address.as_ref().map(|list| text(&list[0]["addr"])).unwrap_or_default())
            .replace('^', "%5E")
            .replace('|', "%7C");
        let listed = ids(&admin.get(&format!("/servers?all_tenants=1&{query}")).await);
        assert_eq!(listed.contains(&id), found, "{query}: {listed:?}, other {other}\n{shown}");
    }
}

async fn changes_and_times(database: Arc<Database>) {
    let world = World::start(&database).await;
    let (kept, gone) = (world.boot("RegionOne", "kept").await, world.boot("RegionTwo", "gone").await);
    world.demo().delete(&format!("/servers/{gone}")).await;
    world.wait_gone(&gone).await;
    let demo = world.user("demo", "2.66");
    let listed = async |query: &str| sorted(ids(&demo.get(&format!("/servers/detail?{query}")).await));
    assert_eq!(listed("changes-since=2020-01-01T00:00:00Z").await, sorted([gone.clone(), kept.clone()]));
    assert!(listed("changes-since=2999-01-01T00:00:00Z").await.is_empty());
    for since in ["2020", "2020-01", "2020-1-2", "20200102", "2020-01-02T03", "2020-01-02%2003:04:05,5-05"] {
        assert_eq!(listed(&format!("changes-since={since}")).await.len(), 2, "{since}");
    }
    assert!(listed("changes-since=2999").await.is_empty());
    assert!(listed("changes-before=2020-01-01T00:00:00Z").await.is_empty());
    assert_eq!(listed("changes-before=2999-01-01T00:00:00Z").await.len(), 2);
    let both = demo.get("/servers?changes-since=2020-01-02T00:00:00Z&changes-before=2020-01-01T00:00:00Z").await;
    let message = "The value of changes-since must be less than or equal to changes-before.";
    assert_eq!(refused(&both, 400), message);
    let message = refused(&demo.get("/servers?changes-since=soon").await, 400);
    assert_eq!(message, "Invalid input for query parameters changes-since. Value: soon. 'soon' is not a 'date-time'");
    let old = world.user("demo", "2.65").get("/servers?changes-before=2020-01-01T00:00:00Z").await;
    assert_eq!(ids(&old), [kept], "before 2.66 it is none");
}

async fn what_may_not_be_said_is_dropped_or_refused(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    let dropped = ["host=x", "node=x", "uuid=x", "soft_deleted=True", "launch_index=9", "locked_by=admin", "vcpus=9"];
    for query in dropped {
        assert_eq!(ids(&world.demo().get(&format!("/servers?{query}")).await), [id.clone()], "{query}");
    }
    for (query, since) in [("vm_state=stopped", 83), ("hostname=x", 90), ("locked=True", 73), ("tags=x", 26)] {
        let at =
            async |minor: u16| ids(&world.user("demo", &format!("2.{minor}")).get(&format!("/servers?{query}")).await);
        // Between 2.75 and the version that has it, a parameter that the schema does not know is refused.
        if since <= 75 {
            assert_eq!(at(since - 1).await, [id.clone()], "{query}");
        }
        assert!(at(since).await.is_empty(), "{query}");
    }
    let bad = [("name=", "'' is not a 'regex'"), ("tags=%5B", "'[' is not a 'regex'"), ("limit=-1", "does not match")];
    for (query, words) in bad {
        let message = refused(&world.user("demo", "2.26").get(&format!("/servers?{query}")).await, 400);
        assert!(message.contains(words), "{query}: {message}");
    }
    let message = refused(&world.user("demo", "2.73").get("/servers?locked=maybe").await, 400);
    assert!(message.starts_with("Unrecognized value 'maybe'"), "{message}");
    // Nova filters by a column that no region tells of.
    refused(&world.user("admin", "2.1").get("/servers?vcpus=9").await, 501);
}
