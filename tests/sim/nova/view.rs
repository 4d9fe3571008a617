//! The server documents, by microversion.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::super::clock::{iso, iso_micros};
use super::server::Server;

/// Which document of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Doc {
    /// `GET /servers`
    Basic,
    /// `GET /servers/detail`
    Detail,
    /// `GET /servers/{id}`
    Show,
    /// `PUT /servers/{id}`
    Update,
    /// The answer of the action `rebuild`
    Rebuild,
}

/// Everything that a document depends on beside the server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Look {
    pub doc: Doc,
    /// The newest microversion up to the asked one that changes a document.
    pub minor: u32,
    pub admin: bool,
    /// `http://127.0.0.1:port`
    pub base: String,
    /// `/<project id>` if the URL had it, else empty.
    pub project: String,
}

impl Look {
    /// `PUT` and rebuild answer with part of a document until 2.75.
    fn is_whole(&self) -> bool {
        !matches!(self.doc, Doc::Update | Doc::Rebuild) || self.minor >= 75
    }
}

/// The microversions that change a server document.
const STEPS: [u32; 18] = [1, 3, 9, 16, 19, 26, 47, 54, 57, 63, 69, 71, 73, 75, 90, 96, 98, 100];

/// The step that a microversion stands on.
pub fn step(minor: u32) -> u32 {
    STEPS.into_iter().rfind(|step| *step <= minor).unwrap_or(1)
}

/// A server's document, rendered once for each look.
pub fn render(server: &mut Server, look: &Look, now: i64) -> Arc<str> {
    if let Some(text) = server.rendered.get(look) {
        return Arc::clone(text);
    }
    let text: Arc<str> = value(server, look, now).to_string().into();
    // Without `updated` the document says *now*, so it is another one each second.
    if server.updated.is_some() {
        server.rendered.insert(look.clone(), Arc::clone(&text));
    }
    text
}

/// A server's document.
pub fn value(server: &Server, look: &Look, now: i64) -> Value {
    let mut document = Map::new();
    document.insert("id".into(), json!(server.id));
    document.insert("name".into(), json!(server.name));
    document.insert("links".into(), links(look, "servers", &server.id));
    if look.doc != Doc::Basic {
        common(&mut document, server, look, now);
        if look.is_whole() {
            extended(&mut document, server, look);
        }
        by_version(&mut document, server, look);
        if look.doc == Doc::Rebuild {
            rebuilt(&mut document, server, look.minor);
        }
    }
    Value::Object(document)
}

/// The record of a server whose cell is down, from 2.69 on.
pub fn minimal(server: &Server, look: &Look) -> Value {
    let mut document = json!({"id": server.id, "status": "UNKNOWN", "links": links(look, "servers", &server.id)});
    if look.doc != Doc::Basic {
        document["tenant_id"] = json!(server.project);
        document["created"] = json!(iso(server.created));
    }
    if look.doc == Doc::Show {
        document["image"] = image(server, look);
        document["flavor"] = flavor(server, look);
        document["OS-EXT-AZ:availability_zone"] = json!(server.pinned_zone.as_deref().unwrap_or("UNKNOWN"));
        document["OS-EXT-STS:power_state"] = json!(0);
        document["user_id"] = json!(server.user);
        if look.minor >= 71 {
            document["server_groups"] = json!([]);
        }
    }
    document
}

/// Self and bookmark.
pub fn links(look: &Look, collection: &str, id: &str) -> Value {
    json!([
        {"rel": "self", "href": format!("{}/v2.1{}/{collection}/{id}", look.base, look.project)},
        {"rel": "bookmark", "href": bookmark(look, collection, id)},
    ])
}

fn bookmark(look: &Look, collection: &str, id: &str) -> String {
    format!("{}{}/{collection}/{id}", look.base, look.project)
}

fn put(document: &mut Map<String, Value>, pairs: impl IntoIterator<Item = (&'static str, Value)>) {
    document.extend(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)));
}

fn common(document: &mut Map<String, Value>, server: &Server, look: &Look, now: i64) {
    let status = server.status();
    let building = server.vm_state == "building";
    put(
        document,
        [
            ("accessIPv4", json!(server.access_ip_v4)),
            ("accessIPv6", json!(server.access_ip_v6)),
            ("addresses", if building { json!({}) } else { addresses(server, look.is_whole()) }),
            ("created", json!(iso(server.created))),
            ("flavor", flavor(server, look)),
            ("hostId", json!(host_id(server))),
            ("image", image(server, look)),
            ("metadata", json!(server.metadata)),
            ("status", json!(status)),
            ("tenant_id", json!(server.project)),
            ("user_id", json!(server.user)),
            ("updated", json!(iso(server.updated.unwrap_or(now)))),
            ("OS-DCF:diskConfig", json!(server.disk_config)),
        ],
    );
    if let (Some(fault), "ERROR" | "DELETED") = (&server.fault, status) {
        let mut shown = json!({"code": fault.code, "created": iso(fault.created), "message": fault.message});
        if look.admin || fault.code != 500 {
            shown["details"] = json!("Traceback (most recent call last): …");
        }
        document.insert("fault".into(), shown);
    }
    if matches!(status, "ACTIVE" | "BUILD" | "REBUILD" | "RESIZE" | "VERIFY_RESIZE" | "MIGRATING") {
        document.insert("progress".into(), json!(0));
    }
}

/// Addresses by network, with kind and hardware address where the document is a whole one.
pub fn addresses(server: &Server, whole: bool) -> Value {
    let mut networks = server.addresses.clone();
    for network in networks.as_object_mut().into_iter().flat_map(|networks| networks.values_mut()) {
        for address in network.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            address.retain(|key, _| whole || !key.starts_with("OS-EXT"));
        }
    }
    networks
}

/// What the answer of a rebuild says otherwise.
fn rebuilt(document: &mut Map<String, Value>, server: &Server, minor: u32) {
    document.remove("OS-EXT-SRV-ATTR:user_data");
    document.insert("adminPass".into(), json!("s3cr3tS1mP4ss"));
    if minor >= 54 {
        document.insert("key_name".into(), json!(server.key_name));
    }
    if minor >= 57 {
        document.insert("user_data".into(), json!(server.user_data));
    }
}

/// What `PUT` and rebuild leave out before 2.75.
fn extended(document: &mut Map<String, Value>, server: &Server, look: &Look) {
    let volume = |id: &String| match look.minor {
        ..3 => json!({"id": id}),
        _ => json!({"id": id, "delete_on_termination": false}),
    };
    put(
        document,
        [
            ("OS-EXT-AZ:availability_zone", json!(server.zone)),
            ("config_drive", json!(server.config_drive)),
            ("key_name", json!(server.key_name)),
            ("OS-SRV-USG:launched_at", json!(server.launched.map(iso_micros))),
            ("OS-SRV-USG:terminated_at", json!(server.terminated.map(iso_micros))),
            ("OS-EXT-STS:task_state", json!(server.task_state)),
            ("OS-EXT-STS:vm_state", json!(server.vm_state)),
            ("OS-EXT-STS:power_state", json!(server.power_state)),
            ("os-extended-volumes:volumes_attached", server.volumes.iter().map(volume).collect()),
        ],
    );
    if !server.security_groups.is_empty() && !server.deleted {
        let groups = server.security_groups.iter().map(|name| json!({"name": name}));
        document.insert("security_groups".into(), groups.collect());
    }
    if look.admin {
        attributes(document, server, look.minor);
    } else if look.minor >= 90 {
        document.insert("OS-EXT-SRV-ATTR:hostname".into(), json!(server.hostname));
    }
    if look.admin && look.minor >= 16 {
        document.insert("host_status".into(), json!(if server.host.is_some() { &server.host_status } else { "" }));
    }
    if look.minor >= 96 {
        document.insert("pinned_availability_zone".into(), json!(server.pinned_zone));
    }
}

fn attributes(document: &mut Map<String, Value>, server: &Server, minor: u32) {
    put(
        document,
        [
            ("OS-EXT-SRV-ATTR:host", json!(server.host)),
            ("OS-EXT-SRV-ATTR:instance_name", json!(format!("instance-{:08x}", server.seq))),
            ("OS-EXT-SRV-ATTR:hypervisor_hostname", json!(server.host)),
        ],
    );
    if minor >= 3 {
        put(
            document,
            [
                ("OS-EXT-SRV-ATTR:hostname", json!(server.hostname)),
                ("OS-EXT-SRV-ATTR:kernel_id", json!("")),
                ("OS-EXT-SRV-ATTR:launch_index", json!(server.launch_index)),
                ("OS-EXT-SRV-ATTR:ramdisk_id", json!("")),
                ("OS-EXT-SRV-ATTR:reservation_id", json!(server.reservation_id)),
                ("OS-EXT-SRV-ATTR:root_device_name", json!(server.host.as_ref().map(|_| "/dev/vda"))),
                ("OS-EXT-SRV-ATTR:user_data", json!(server.user_data)),
            ],
        );
    }
}

fn by_version(document: &mut Map<String, Value>, server: &Server, look: &Look) {
    let fields = [
        (9, "locked", json!(server.locked)),
        (19, "description", json!(server.description)),
        (26, "tags", json!(server.tags)),
        (63, "trusted_image_certificates", Value::Null),
        (73, "locked_reason", json!(server.locked_reason)),
        (100, "scheduler_hints", json!(server.hints)),
    ];
    for (since, key, value) in fields {
        if look.minor >= since {
            document.insert(key.into(), value);
        }
    }
    if look.minor >= 71 && look.doc != Doc::Detail {
        document.insert("server_groups".into(), server.group.iter().map(|id| json!(id)).collect());
    }
}

fn flavor(server: &Server, look: &Look) -> Value {
    let flavor = &server.flavor;
    if look.minor < 47 {
        let bookmark = bookmark(look, "flavors", &flavor.id);
        return json!({"id": flavor.id, "links": [{"rel": "bookmark", "href": bookmark}]});
    }
    json!({
        "vcpus": flavor.vcpus, "ram": flavor.ram, "disk": flavor.disk, "ephemeral": flavor.ephemeral,
        "swap": flavor.swap, "original_name": flavor.name, "extra_specs": flavor.extra_specs,
    })
}

fn image(server: &Server, look: &Look) -> Value {
    let Some(id) = &server.image else { return json!("") };
    let mut image = json!({"id": id, "links": [{"rel": "bookmark", "href": bookmark(look, "images", id)}]});
    if look.minor >= 98 {
        image["properties"] = json!({"hw_disk_bus": "virtio"});
    }
    image
}

/// Stands for Nova's SHA-224 of project and host: 56 hex digits that differ by both.
fn host_id(server: &Server) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let Some(host) = &server.host else { return String::new() };
    let part = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, &server.project, host).hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    };
    (0..4).map(part).collect::<String>()[..56].to_owned()
}
