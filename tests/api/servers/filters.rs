//! The query of a list: what narrows it, what is refused, what is dropped.

use std::sync::Arc;

use crate::support::{Database, World, ids, names, on_each_database, refused};

on_each_database!(
    names_are_regular_expressions,
    statuses_stand_for_novas_states,
    deleted_servers_are_for_admins,
    all_tenants_is_for_admins,
    unknown_parameters,
    parameters_not_served_yet_are_501,
);

async fn names_are_regular_expressions(database: Arc<Database>) {
    let world = World::start(&database).await;
    for name in ["web-1", "WEB-2", "db", "web.x"] {
        world.boot("RegionOne", name).await;
    }
    let listed = async |query: &str| names(&world.demo().get(&format!("/servers?{query}")).await).join(" ");
    assert_eq!(listed("name=web").await, "web.x WEB-2 web-1");
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
    let listed = async |query: &str| ids(&admin.get(&format!("/servers{query}")).await);
    let both = [alt.clone(), demo.clone()];
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

async fn parameters_not_served_yet_are_501(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    let for_all = ["sort_key=name", "flavor=1", "image=x", "ip=10", "changes-since=2020-01-01T00:00:00Z"];
    for query in for_all {
        for user in ["demo", "admin"] {
            let message = refused(&world.user(user, "2.1").get(&format!("/servers?{query}")).await, 501);
            assert!(message.contains(query.split('=').next().unwrap()), "{message}");
        }
    }
    for (query, from) in [("locked=True", "2.73"), ("vm_state=active", "2.83"), ("hostname=x", "2.90")] {
        assert_eq!(world.user("demo", from).get(&format!("/servers?{query}")).await.status, 501, "{query}");
    }
    // For admins only: dropped for others, as in Nova.
    for query in ["host=x", "node=x", "uuid=x", "soft_deleted=True"] {
        assert_eq!(world.user("admin", "2.1").get(&format!("/servers?{query}")).await.status, 501, "{query}");
        for version in ["2.1", "2.104"] {
            assert_eq!(ids(&world.user("demo", version).get(&format!("/servers?{query}")).await), [id.clone()]);
        }
    }
}
