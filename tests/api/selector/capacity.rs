//! `capacity`: room by Placement, and a nova-compute that is up.

use std::sync::Arc;

use nova_cascade::selector::Why;

use super::{ask, chosen, forgetful, refusals, select};
use crate::sim::placement::Room;
use crate::sim::{Fault, Kind, Service, SimCloud};
use crate::support::{Database, World, accepted, on_each_database};

on_each_database!(
    a_full_region_is_passed_by,
    room_is_asked_for_by_what_the_server_needs,
    a_region_without_a_host_that_is_up_is_passed_by,
    a_zone_needs_a_host_of_its_own,
    a_placement_that_says_nothing_keeps_no_boot_away,
    a_placement_that_hangs_keeps_no_boot_waiting,
);

const NO_ROOM: &str = "it has no room for a server of flavor m1.tiny";
const LITTLE: Room = Room { vcpus: 1, ram_mb: 1024, disk_gb: 10 };
const NONE: Room = Room { vcpus: 0, ram_mb: 1024, disk_gb: 10 };

async fn a_full_region_is_passed_by(database: Arc<Database>) {
    let world = World::with(&database, |config| {
        forgetful(config);
        config.boot.weighers = vec!["fewest_servers".into()];
    })
    .await;
    world.one().placement.set_room(Some(LITTLE));
    for number in 0..4 {
        accepted(&world.demo().post("/servers", world.body(&format!("s{number}"))).await);
    }
    assert_eq!((world.one().nova.ids().len(), world.two().nova.ids().len()), (1, 3));
    world.two().placement.set_room(Some(NONE));
    let selection = select(&world, &ask(&world, "1").await).await;
    assert!(chosen(&selection).is_empty());
    let full = [("RegionOne", "capacity", Why::Full, NO_ROOM), ("RegionTwo", "capacity", Why::Full, NO_ROOM)];
    assert_eq!(refusals(&selection), full);
    let explained = format!("not RegionOne: {NO_ROOM} (capacity); not RegionTwo: {NO_ROOM} (capacity)");
    assert_eq!(selection.explain(), explained);
    // Nothing but room is missing, and it comes back.
    world.two().placement.set_room(Some(LITTLE));
    assert_eq!(chosen(&select(&world, &ask(&world, "1").await).await), ["RegionTwo"]);
}

async fn room_is_asked_for_by_what_the_server_needs(database: Arc<Database>) {
    let world = World::with(&database, forgetful).await;
    world.one().placement.set_room(Some(Room { vcpus: 1, ram_mb: 4096, disk_gb: 0 }));
    let mut ask = ask(&world, "1").await;
    assert_eq!(chosen(&select(&world, &ask).await), ["RegionTwo"]);
    let seen = world.one().placement.record().seen_on("GET /allocation_candidates");
    let query = |name: &str| seen.last().and_then(|seen| seen.query.iter().find(|(key, _)| key == name).cloned());
    assert_eq!(query("resources").expect("resources").1, "DISK_GB:1,MEMORY_MB:512,VCPU:1");
    assert_eq!(query("root_required").expect("a trait").1, "!COMPUTE_STATUS_DISABLED");
    assert_eq!(seen.last().and_then(|seen| seen.header("openstack-api-version")), Some("placement 1.36"));
    ask.boots_from_volume = true;
    assert_eq!(chosen(&select(&world, &ask).await).len(), 2, "the root disk is the volume");
}

async fn a_region_without_a_host_that_is_up_is_passed_by(database: Arc<Database>) {
    let world = World::with(&database, forgetful).await;
    let hosts = world.one().nova.hosts();
    world.one().nova.stop_computes(&hosts[..1]);
    assert_eq!(chosen(&select(&world, &ask(&world, "1").await).await).len(), 2, "one is enough");
    world.one().nova.stop_computes(&hosts);
    let selection = select(&world, &ask(&world, "1").await).await;
    assert_eq!(chosen(&selection), ["RegionTwo"]);
    let down = ("RegionOne", "capacity", Why::Full, "none of its nova-compute services is up");
    assert_eq!(refusals(&selection), [down]);
    let id = accepted(&world.demo().post("/servers", world.body("web")).await);
    assert!(world.two().nova.ids().contains(&id));
}

async fn a_zone_needs_a_host_of_its_own(database: Arc<Database>) {
    let cloud = SimCloud::start(&["RegionOne", "RegionTwo"]).await;
    cloud.region("RegionOne").nova.set_zones(&["nova", "rack-2"]);
    let world = World::over(cloud, &database, forgetful).await;
    world.one().nova.stop_computes(&world.one().nova.hosts()[1..]);
    let mut ask = ask(&world, "1").await;
    for (zone, passes) in [("", true), ("nova", true), ("rack-2", false)] {
        ask.zone = Some((world.region_id("RegionOne"), zone.into()));
        let selection = select(&world, &ask).await;
        assert_eq!(chosen(&selection) == ["RegionOne"], passes, "{zone}");
    }
    let selection = select(&world, &ask).await;
    let down = "no nova-compute service is up in its zone rack-2";
    assert_eq!(refusals(&selection)[0], ("RegionOne", "capacity", Why::Full, down));
    assert_eq!(refusals(&selection)[1].2, Why::Unfit);
}

async fn a_placement_that_says_nothing_keeps_no_boot_away(database: Arc<Database>) {
    let world = World::with(&database, forgetful).await;
    for kind in
        [Kind::Answer(503, "closed"), Kind::Answer(403, "no"), Kind::Garbage(200, "{}"), Kind::CloseBeforeEffect]
    {
        world.one().faults.push(Fault::new(kind.clone()).on(Service::Placement));
        assert_eq!(chosen(&select(&world, &ask(&world, "1").await).await).len(), 2, "{kind:?}");
        world.one().faults.clear();
    }
    world.one().down_service(Service::Placement).await;
    assert_eq!(chosen(&select(&world, &ask(&world, "1").await).await).len(), 2);
    // It is known which region has room: that comes first.
    assert_eq!(chosen(&select(&world, &ask(&world, "1").await).await)[0], "RegionTwo");
    let services = Fault::new(Kind::Answer(500, "no")).on(Service::Nova).path("/v2.1/os-services");
    world.two().faults.push(services);
    assert_eq!(chosen(&select(&world, &ask(&world, "1").await).await).len(), 2);
}

async fn a_placement_that_hangs_keeps_no_boot_waiting(database: Arc<Database>) {
    let world = World::with(&database, |config| {
        config.region.lookup_timeout_ms = 2_000;
        config.boot.visibility_cache_s = 600;
        // The question itself would go on for as long as a test may take.
        config.region.lookup_patience_ms = 60_000;
    })
    .await;
    for region in world.cloud.regions() {
        region.faults.push(Fault::new(Kind::Hang).on(Service::Placement));
        region.faults.push(Fault::new(Kind::Hang).on(Service::Nova).path("/v2.1/os-services"));
    }
    for number in 0..3 {
        accepted(&world.demo().post("/servers", world.body(&format!("s{number}"))).await);
    }
    let asked = |region: &crate::sim::SimRegion| region.placement.record().count("GET /allocation_candidates");
    assert_eq!((asked(world.one()), asked(world.two())), (1, 1), "one question is under way");
}
