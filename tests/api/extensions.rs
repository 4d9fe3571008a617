//! `/extensions`: Nova's list.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::sim::Client;
use crate::support::{Database, World, on_each_database, refused};

on_each_database!(the_list_is_novas, one_is_found_by_its_alias);

const KEYS: [&str; 6] = ["alias", "description", "links", "name", "namespace", "updated"];

async fn aliases(client: &Client) -> Vec<String> {
    let answer = client.get("/extensions").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let all = answer.json()["extensions"].as_array().expect("a list").clone();
    for extension in &all {
        let keys: Vec<&String> = extension.as_object().expect("an object").keys().collect();
        assert_eq!(keys, KEYS);
        assert!(extension["description"].is_string() && extension["links"] == json!([]), "{extension}");
    }
    all.iter().map(|extension| extension["alias"].as_str().expect("an alias").to_owned()).collect()
}

async fn the_list_is_novas(database: Arc<Database>) {
    let world = World::start(&database).await;
    let list = aliases(&world.user("reader", "2.104")).await;
    assert_eq!(list.len(), 99);
    assert_eq!(list, aliases(&world.demo()).await);
    let compat = Client::new(format!("{}/v2", world.top.url)).token(&world.cloud.token("demo"));
    let more: Vec<String> = aliases(&compat).await.into_iter().filter(|alias| !list.contains(alias)).collect();
    assert_eq!(more, ["OS-EXT-VIF-NET"]);
    for path in ["/extensions?a=1", "/extensions/os-hosts?a=1"] {
        let message = refused(&world.user("demo", "2.102").get(path).await, 400);
        assert_eq!(message, "Additional properties are not allowed ('a' was unexpected)");
        assert_eq!(world.user("demo", "2.101").get(path).await.status, 200);
    }
}

async fn one_is_found_by_its_alias(database: Arc<Database>) {
    let world = World::start(&database).await;
    let shown: Value = world.demo().get("/extensions/os-admin-actions").await.json();
    let description = "Enable admin-only server actions\n\n    Actions include: resetNetwork, injectNetworkInfo, \
                       os-resetState\n    ";
    let expected = json!({"extension": {
        "alias": "os-admin-actions", "description": description, "links": [], "name": "AdminActions",
        "namespace": "http://docs.openstack.org/compute/ext/fake_xml", "updated": "2014-12-03T00:00:00Z",
    }});
    assert_eq!(shown, expected);
    let compat = Client::new(format!("{}/v2", world.top.url)).token(&world.cloud.token("demo"));
    assert_eq!(compat.get("/extensions/OS-EXT-VIF-NET").await.json()["extension"]["name"], "ExtendedVIFNet");
    for alias in ["OS-EXT-VIF-NET", "nothing", "OS-HOSTS"] {
        let answer = world.demo().get(&format!("/extensions/{alias}")).await;
        assert_eq!(refused(&answer, 404), "The resource could not be found.");
    }
}
