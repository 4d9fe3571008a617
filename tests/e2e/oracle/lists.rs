//! Lists of names that differ in case and accents: the same request to a region's Nova and to the top.

use serde_json::{Value, json};

use crate::support::{ONE, Stage};

/// In the order of bytes, which is Nova's in none of them.
const NAMES: [&str; 6] = ["e2e-B", "e2e-a", "e2e-b-2", "e2e-É", "e2e-é-1", "e2e-f"];

/// Queries of lists, sorted and filtered by text.
const QUERIES: [&str; 8] = [
    "sort_key=display_name&sort_dir=asc",
    "sort_key=display_name&sort_dir=desc",
    "sort_key=hostname&sort_dir=asc&sort_key=display_name&sort_dir=asc",
    "sort_key=display_name&sort_dir=asc&limit=3",
    "sort_key=display_name&sort_dir=asc&name=E2E-",
    "sort_key=display_name&sort_dir=asc&name=%5Ee2e-b",
    "sort_key=display_name&sort_dir=asc&name=e2e-e",
    "sort_key=display_name&sort_dir=asc&name=%C3%89",
];

fn names(list: &Value) -> Vec<String> {
    let servers = list["servers"].as_array().cloned().unwrap_or_default();
    let names = servers.iter().filter_map(|server| server["name"].as_str().map(str::to_owned));
    // The project may have servers of before, in the other region too.
    names.filter(|name| NAMES.contains(&name.as_str())).collect()
}

#[test]
fn text_is_sorted_and_found_as_in_novas_database() {
    let stage = Stage::new();
    let boot = |name: &&str| stage.post_boot(name, json!("none"), json!({ "availability_zone": ONE }));
    let ids: Vec<String> = NAMES.iter().map(boot).collect();
    for id in &ids {
        stage.wait_status(id, "ACTIVE", 90);
    }
    for query in QUERIES {
        let path = format!("/servers?{query}");
        let above = names(&stage.ask("GET", &path).version("2.96").send().expect(200).json());
        let below = names(&stage.ask_region(ONE, "GET", &path).version("2.96").send().expect(200).json());
        assert_eq!(above, below, "{query}");
    }
    let host = stage.ask_as_admin("GET", &format!("/servers/{}", ids[0])).version("2.96").send().expect(200).json();
    let host = host["server"]["OS-EXT-SRV-ATTR:host"].as_str().expect("a host").to_uppercase();
    let path = format!("/servers?all_tenants=1&sort_key=display_name&sort_dir=asc&host={host}");
    let above = names(&stage.ask_as_admin("GET", &path).version("2.96").send().expect(200).json());
    let below = names(&stage.ask_region_as_admin(ONE, "GET", &path).version("2.96").send().expect(200).json());
    assert!(above == below && !above.is_empty(), "{path}: {above:?}, below {below:?}");
}
