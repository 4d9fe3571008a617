//! `region add`: a region that already runs servers joins.

use std::sync::Arc;
use std::time::Instant;

use nova_cascade::config::Config;

use super::cascade;
use crate::sim::{Fault, Kind, Service, SimCloud};
use crate::support::{Database, World, on_each_database};

on_each_database!(thousands_of_servers_join_and_join_again, a_region_that_does_not_do_is_not_registered);

const SERVERS: usize = 2_000;

fn config(cloud: &SimCloud, database: &Database) -> Config {
    let mut config = Config::default();
    config.keystone.url = cloud.auth_url();
    config.keystone.password = crate::sim::keystone::PASSWORD.into();
    config.database = database.settings();
    config
}

async fn thousands_of_servers_join_and_join_again(database: Arc<Database>) {
    let cloud = SimCloud::start(&["RegionOne", "RegionTwo"]).await;
    cloud.region("RegionOne").nova.add_servers(SERVERS - 1);
    // One that Nova's lists leave out, unless they are asked for it.
    cloud.region("RegionOne").nova.add_server_with("demo", "soft", |server| server.settle("soft-delete"));
    let config = config(&cloud, &database);
    let said = cascade(&config, &["db", "migrate"]).await;
    assert!(said.good, "{}", said.err);
    let said = cascade(&config, &["region", "add", "RegionOne"]).await;
    assert!(said.good && said.out.contains("RegionOne is registered, enabled"), "{} {}", said.out, said.err);
    assert_eq!(
        database.texts("SELECT name AS text FROM regions").await,
        ["RegionOne"],
        "the other one is not asked for"
    );
    assert!(database.texts("SELECT id AS text FROM servers").await.is_empty());

    // Cut off in the middle; the pages before stay.
    let fault = Fault::new(Kind::Answer(500, "no")).on(Service::Nova).path("/v2.1/servers/detail").after(4);
    cloud.region("RegionOne").faults.push(fault);
    let said = cascade(&config, &["region", "add", "RegionOne", "--adopt"]).await;
    assert!(!said.good && said.err.contains("run the command again"), "{} {}", said.out, said.err);
    cloud.region("RegionOne").faults.clear();
    let before = database.texts("SELECT id AS text FROM servers").await.len();
    assert!(before > 0 && before < SERVERS, "{before}");

    let began = Instant::now();
    let said = cascade(&config, &["region", "add", "RegionOne", "--adopt"]).await;
    let (took, left) = (began.elapsed(), SERVERS - before);
    println!("{left} of {SERVERS} servers adopted in {took:?}");
    assert!(said.good, "{} {}", said.out, said.err);
    assert!(said.out.contains(&format!("2000 servers: {left} adopted, {before} had rows")), "{}", said.out);
    let said = cascade(&config, &["region", "add", "RegionOne", "--adopt"]).await;
    assert!(said.good && said.out.contains("2000 servers: 0 adopted, 2000 had rows"), "{} {}", said.out, said.err);
    let count = "SELECT CAST(in_use AS CHAR) AS text FROM quota_usage WHERE resource = 'instances' AND user_id = ''";
    assert_eq!(database.texts(count).await, ["1999"], "what is softly deleted is charged nothing");
    assert_eq!(database.texts("SELECT action AS text FROM audit WHERE action LIKE '%--adopt'").await.len(), 2);

    // What serves after that has nothing to do but to look.
    let world = World::over(cloud, &database, |_| {}).await;
    let page = world.demo().get("/servers?limit=1000").await;
    assert_eq!(page.json()["servers"].as_array().map(Vec::len), Some(1_000));
    let said = cascade(&config, &["server", "audit", "--region", "RegionOne"]).await;
    assert!(
        said.out.contains("2000 servers compared: 0 without a row, 0 with a closed row, 0 gone below"),
        "{} {}",
        said.out,
        said.err
    );
}

async fn a_region_that_does_not_do_is_not_registered(database: Arc<Database>) {
    let cloud = SimCloud::start(&["RegionOne"]).await;
    let config = config(&cloud, &database);
    assert!(cascade(&config, &["db", "migrate"]).await.good);
    let said = cascade(&config, &["region", "add", "Nowhere"]).await;
    assert!(!said.good && said.err.contains("for Nowhere; there are: RegionOne"), "{}", said.err);
    let lists = Fault::new(Kind::Answer(403, "no")).on(Service::Nova).path("/v2.1/servers");
    cloud.region("RegionOne").faults.push(lists);
    let said = cascade(&config, &["region", "add", "RegionOne", "--adopt"]).await;
    assert!(!said.good && said.err.contains("nothing was registered"), "{}", said.err);
    assert!(database.texts("SELECT name AS text FROM regions").await.is_empty());
}
