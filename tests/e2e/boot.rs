//! The two clients boot servers with nothing special about them, and see them again.

use serde_json::{Value, json};

use crate::support::servers::NAMES;
use crate::support::{ONE, Stage, TOP, TWO, cli, eventually, lab};

#[test]
fn both_clients_boot_and_both_regions_are_in_the_list() {
    let stage = Stage::new();
    let created = cli::openstack(
        "demo",
        TOP,
        &["server", "create", "--image", "cirros", "--flavor", "m1.tiny", "--network", "lab-net", "--wait", "e2e-osc"],
    );
    assert_eq!(created["status"], "ACTIVE", "{created}");
    let table = cli::nova(
        "demo",
        TOP,
        &[
            "boot",
            "--image",
            "cirros",
            "--flavor",
            "m1.tiny",
            "--nic",
            "net-name=lab-net",
            "--availability-zone",
            TWO,
            "--poll",
            "e2e-nova",
        ],
    );
    let nova_id = cli::property(&table, "id").expect("nova boot prints the id");
    assert_eq!(cli::property(&cli::nova("demo", TOP, &["show", &nova_id]), "status").as_deref(), Some("ACTIVE"));

    // The one goes where there is the most room, the other where its zone says.
    let ids = [created["id"].as_str().expect("an id").to_owned(), nova_id];
    let mut regions: Vec<_> = ids.iter().map(|id| stage.region_of(id)).collect();
    regions.sort_unstable();
    assert_eq!(regions, [ONE, TWO]);

    let list = cli::openstack("demo", TOP, &["server", "list", "--long"]);
    // Other servers of the project that some top booted may be there too: this one takes them on by their markers.
    let ours = |name: &Value| name.as_str().is_some_and(|name| name.starts_with(NAMES));
    let rows: Vec<_> = list.as_array().expect("a list").iter().filter(|row| ours(&row["Name"])).collect();
    assert_eq!(rows.len(), 2, "{list}");
    for row in rows {
        let id = row["ID"].as_str().expect("an id");
        let zone = row["Availability Zone"].as_str().expect("a zone");
        assert!(zone.starts_with(stage.region_of(id)), "{row}");
        let net = if stage.region_of(id) == ONE { "10.101." } else { "10.102." };
        assert!(row["Networks"]["lab-net"][0].as_str().is_some_and(|address| address.starts_with(net)), "{row}");
    }
    let listed = cli::rows(&cli::nova("demo", TOP, &["list"]));
    for id in ids {
        assert!(listed.iter().any(|row| row[0] == id), "{id} is not in {listed:?}");
    }
}

/// The ports on top are those of the region's Neutron, with their status.
#[test]
fn the_status_of_ports_is_synced() {
    let stage = Stage::new();
    for region in [ONE, TWO] {
        let network = json!([{ "uuid": lab::network(ONE, "lab-net") }]);
        let id = stage.boot(&format!("e2e-port-{region}"), network, json!({ "availability_zone": region }));
        let below = cli::openstack("demo", region, &["port", "list", "--server", &id, "--long"]);
        let [below] = below.as_array().expect("a list").as_slice() else { panic!("not one port: {below}") };
        assert_eq!(below["Status"], "ACTIVE", "{below}");
        let above = eventually(60, "the port on top", || {
            let rows = cli::rows(&cli::nova("demo", TOP, &["interface-list", &id]));
            if rows.len() == 2 { Ok(rows[1].clone()) } else { Err(format!("{rows:?}")) }
        });
        // Port State, Port ID, Net ID, IP addresses, MAC Addr, Tag
        assert_eq!(above[0], "ACTIVE");
        assert_eq!(above[1], below["ID"].as_str().expect("an id"));
        assert_eq!(above[2], lab::network(region, "lab-net"));
        assert_eq!(above[3], below["Fixed IP Addresses"][0]["ip_address"].as_str().expect("an address"));
        assert_eq!(above[4], below["MAC Address"].as_str().expect("an address"));
    }
}
