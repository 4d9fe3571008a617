//! The operator's verbs, as the binary runs them beside the service.

use std::sync::Arc;

use super::forgetful;
use crate::sim::placement::Room;
use crate::support::{Database, World, accepted, command_line, on_each_database, wait_until};

on_each_database!(
    regions_are_listed_and_changed,
    a_region_that_came_back_older_is_accepted_by_enabling_it,
    a_region_is_shown,
    projects_are_pinned,
    a_boot_is_explained,
);

/// What it printed, with single spaces.
async fn printed(world: &World, arguments: &[&str]) -> String {
    let output = command_line(world, arguments).await;
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n").collect()
}

async fn audited(world: &World) -> Vec<String> {
    let sql = if world.database.is_mysql() {
        "SELECT CONCAT(action, ' ', target, ' ', detail) AS text FROM audit ORDER BY id"
    } else {
        "SELECT action || ' ' || target || ' ' || detail AS text FROM audit ORDER BY id"
    };
    world.database.texts(sql).await
}

async fn regions_are_listed_and_changed(database: Arc<Database>) {
    let world = World::start(&database).await;
    assert!(printed(&world, &["region", "list"]).await.contains("RegionOne enabled 0 2.104 0 "));
    for (verb, state, was) in
        [("drain", "draining", "enabled"), ("disable", "disabled", "draining"), ("enable", "enabled", "disabled")]
    {
        let said = printed(&world, &["region", verb, "RegionOne"]).await;
        assert!(said.starts_with(&format!("RegionOne is {state} now; it was {was}.")), "{said}");
        assert_eq!(printed(&world, &["region", verb, "RegionOne"]).await, format!("RegionOne is {state} already\n"));
        assert!(printed(&world, &["region", "list"]).await.contains(&format!("RegionOne {state} 0 ")));
    }
    let said = printed(&world, &["region", "weight", "RegionTwo", "-3"]).await;
    assert_eq!(said, "RegionTwo has weight -3 now; it was 0\n");
    wait_until("the service sees it", async || {
        let region = world.top.app.registry.by_name("RegionTwo").expect("a region");
        region.row.weight == -3
    })
    .await;
    let expected = [
        "region drain RegionOne was enabled",
        "region disable RegionOne was draining",
        "region enable RegionOne was disabled",
        "region weight RegionTwo -3, was 0",
    ];
    assert_eq!(audited(&world).await, expected);
    let failed = command_line(&world, &["region", "drain", "Mars"]).await;
    let words = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert!(
        !failed.status.success() && words.contains("there is no region Mars; there are: RegionOne, RegionTwo"),
        "{words}"
    );
}

async fn a_region_that_came_back_older_is_accepted_by_enabling_it(database: Arc<Database>) {
    let world = World::with(&database, |config| config.sync.facts_period_s = 1).await;
    world.one().nova.set_max_minor(96);
    let listed = async |line: &str| printed(&world, &["region", "list"]).await.contains(line);
    wait_until("it is drained", async || listed("RegionOne draining 0 2.104 ").await).await;
    let said = printed(&world, &["region", "enable", "RegionOne"]).await;
    let older = "RegionOne speaks 2.96, not 2.104 as before: the top offers no newer microversion from now on\n";
    assert!(said.starts_with(older), "{said}");
    wait_until("the top offers what it speaks", async || world.top.app.microversion().to_string() == "2.96").await;
    world.synced().await;
    assert!(listed("RegionOne enabled 0 2.96 ").await);
}

async fn a_region_is_shown(database: Arc<Database>) {
    let world = World::start(&database).await;
    world.boot("RegionTwo", "web").await;
    world.two().placement.set_room(Some(Room { vcpus: 1, ram_mb: 4096, disk_gb: 40 }));
    world.two().nova.stop_computes(&world.two().nova.hosts()[1..]);
    printed(&world, &["region", "pin", "abc", "RegionTwo", "--keep-out"]).await;
    let shown = printed(&world, &["region", "show", "RegionTwo"]).await;
    for line in [
        "name RegionTwo\n",
        "state enabled\n",
        "weight 0\n",
        "microversion 2.104\n",
        "block storage none: no boot with a volume or snapshot goes there\n",
        "zones RegionTwo, RegionTwo-nova (nova there, available)\n",
        "servers 1\n",
        "pinned to it none\n",
        "kept out of it abc\n",
        "default limits none\n",
        "nova-compute up 1 in nova\n",
        "room for m1.tiny: 1, counted on 100 hosts at most\n",
        "room for m1.medium: none\n",
    ] {
        assert!(shown.contains(line), "{line} in {shown}");
    }
    world.two().down().await;
    let shown = printed(&world, &["region", "show", "RegionTwo"]).await;
    assert!(shown.contains("nova-compute up not told\n") && shown.contains("answers not: "), "{shown}");
}

async fn projects_are_pinned(database: Arc<Database>) {
    let world = World::start(&database).await;
    let demo = world.cloud.keystone.project_id("demo");
    let pin = async |name: &str, option: Option<&str>| {
        let arguments: Vec<&str> = ["region", "pin", &demo, name].into_iter().chain(option).collect();
        printed(&world, &arguments).await
    };
    let words = |end: &str| format!("new servers of project {demo} go to {end}\n");
    assert_eq!(pin("RegionTwo", None).await, words("RegionTwo alone"));
    let id = accepted(&world.demo().post("/servers", world.body("web")).await);
    assert!(world.two().nova.ids().contains(&id));
    assert_eq!(pin("RegionTwo", Some("--keep-out")).await, words("any region but RegionTwo"));
    let id = accepted(&world.demo().post("/servers", world.body("web")).await);
    assert!(world.one().nova.ids().contains(&id));
    assert_eq!(pin("RegionTwo", Some("--remove")).await, words("any region"));
    let again = command_line(&world, &["region", "pin", &demo, "RegionTwo", "--remove"]).await;
    assert!(!again.status.success() && String::from_utf8_lossy(&again.stderr).contains("nothing was said of"));
    let expected =
        ["pinned", "kept out", "rule removed"].map(|done| format!("region pin project {demo} {done}: RegionTwo"));
    assert_eq!(audited(&world).await, expected);
}

async fn a_boot_is_explained(database: Arc<Database>) {
    let world = World::with(&database, forgetful).await;
    let demo = world.cloud.keystone.project_id("demo");
    let (image, network) = (world.image(), world.network());
    let select = async |more: &[&str]| {
        let own = ["select", "--project", &demo, "--flavor", "m1.tiny", "--image", &image, "--network", &network];
        let arguments: Vec<&str> = own.iter().chain(more).copied().collect();
        printed(&world, &arguments).await
    };
    let said = select(&[]).await;
    assert!(said.contains("capacity yes yes\n"), "{said}");
    assert!(said.ends_with("the boot would go to RegionOne; then to: RegionTwo\n"), "{said}");
    world.one().placement.set_room(Some(Room { vcpus: 0, ram_mb: 0, disk_gb: 0 }));
    let said = select(&[]).await;
    assert!(said.contains("FILTER RegionTwo RegionOne\nenabled yes yes\n"), "{said}");
    assert!(said.contains("capacity yes no\nrecent_failures yes -\n"), "{said}");
    assert!(said.contains("RegionOne is out by capacity: it has no room for a server of flavor m1.tiny\n"), "{said}");
    assert!(said.contains("WEIGHER RegionTwo\nserver_group 0\n"), "{said}");
    assert!(said.ends_with("the boot would go to RegionTwo\n"), "{said}");
    let own = world.two().neutron.add_network("theirs", Some("alt"));
    let said = select(&["--network", &own]).await;
    assert!(
        said.contains(&format!("RegionTwo is out by network: it has no network {own} for this project\n")),
        "{said}"
    );
    assert!(said.ends_with("no region would take the boot\n"), "{said}");
    let said = select(&["--hint", "different_region=RegionTwo", "--zone", "RegionTwo"]).await;
    assert!(said.contains("RegionOne is out by availability_zone: "), "{said}");
    assert!(said.contains("RegionTwo is out by scheduler_hints: "), "{said}");
    for (arguments, words) in [
        (["--hint", "colour=green"], "no region is chosen by it"),
        (["--zone", "mars"], "there is no zone mars; there are: RegionOne, RegionOne-nova, RegionTwo"),
        (["--hint", "region"], "write it as KEY=VALUE"),
    ] {
        let own = ["select", "--project", &demo, "--flavor", "1"];
        let failed = command_line(&world, &own.iter().chain(&arguments).copied().collect::<Vec<_>>()).await;
        let said = String::from_utf8_lossy(&failed.stderr).into_owned();
        assert!(!failed.status.success() && said.contains(words), "{said}");
    }
}
