//! What the top owns, at every microversion where its documents changed: no region answers it, so that Nova's schemas
//! alone judge it.

use std::collections::BTreeSet;

use http::Method;
use nova_cascade::microversion::Microversion;
use nova_cascade::routes::{Class, Route, routes};
use serde_json::{Value, json};

use super::walk::all_have_a_schema;
use crate::support::http::Ask;
use crate::support::{Stage, lab};

/// Where a document of what the top owns changed, and the ends.
const VERSIONS: [&str; 20] = [
    "2.1", "2.2", "2.10", "2.13", "2.15", "2.35", "2.36", "2.39", "2.50", "2.55", "2.57", "2.61", "2.64", "2.75",
    "2.86", "2.91", "2.92", "2.101", "2.102", "2.104",
];

struct Owner<'a> {
    stage: &'a Stage,
    answered: BTreeSet<(&'static str, &'static str)>,
}

#[test]
fn what_the_top_owns_is_as_novas_schemas_have_it() {
    let stage = Stage::new();
    let mut owner = Owner { stage: &stage, answered: BTreeSet::new() };
    let group = owner.make();
    for route in routes().filter(|route| is_read(route)) {
        let path = filled(route.path, &group);
        for version in VERSIONS {
            if route.versions.contains(&Microversion::parse(version).expect("a version")) {
                owner.ask("GET", &path, version, None);
                owner.answered.insert((route.path, version));
            }
        }
    }
    all_have_a_schema(&stage, &owner.answered);
}

/// Version documents have no microversion of their own.
fn is_read(route: &Route) -> bool {
    let versions = route.public || route.path.starts_with("/versions");
    *route.method == Method::GET && route.class == Class::Owned && !versions
}

fn filled(path: &str, group: &str) -> String {
    let project = lab::fact("/projects/demo");
    let values = [
        ("{flavor_id}", "e2e-private"),
        ("{key}", "e2e"),
        ("{keypair_name}", "e2e-2-1"),
        ("{project_id}", &project),
        ("{name}", "default"),
        ("{server_group_id}", group),
        ("{alias}", "os-consoles"),
    ];
    let path = values.iter().fold(path.to_owned(), |path, (name, value)| path.replace(name, value));
    assert!(!path.contains('{'), "say here what stands for the parameter in {path}");
    path
}

impl Owner<'_> {
    fn ask(&self, method: &'static str, path: &str, version: &str, body: Option<Value>) -> Value {
        let ask = Ask::new(method, self.stage.top.url() + path).token(&self.stage.admin).version(version);
        let answer = match body {
            Some(body) => ask.json(&body).send(),
            None => ask.send(),
        };
        assert!(answer.status < 300, "{method} {path} at {version}: {} {}", answer.status, answer.text);
        serde_json::from_str(&answer.text).unwrap_or_default()
    }

    /// Makes one of everything, at each version where that is answered otherwise; the id of the server group.
    fn make(&self) -> String {
        let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4 e2e";
        for version in ["2.1", "2.2", "2.10", "2.92"] {
            let body =
                json!({ "keypair": { "name": format!("e2e-{}", version.replace('.', "-")), "public_key": key } });
            self.ask("POST", "/os-keypairs", version, Some(body));
        }
        for (version, kind) in [("2.1", None), ("2.2", Some("x509")), ("2.91", Some("ssh"))] {
            let mut body = json!({ "keypair": { "name": format!("e2e-made-{}", version.replace('.', "-")) } });
            if let Some(kind) = kind {
                body["keypair"]["type"] = json!(kind);
            }
            self.ask("POST", "/os-keypairs", version, Some(body));
        }
        for version in ["2.1", "2.55", "2.61", "2.75", "2.102"] {
            let name = format!("e2e-{version}");
            let body = json!({ "flavor": { "name": name, "id": name, "ram": 64, "vcpus": 1, "disk": 0 } });
            self.ask("POST", "/flavors", version, Some(body));
        }
        let private = json!({ "name": "e2e-private", "id": "e2e-private", "ram": 64, "vcpus": 1, "disk": 0,
                              "os-flavor-access:is_public": false });
        self.ask("POST", "/flavors", "2.104", Some(json!({ "flavor": private })));
        let access = json!({ "addTenantAccess": { "tenant": lab::fact("/projects/demo") } });
        self.ask("POST", "/flavors/e2e-private/action", "2.104", Some(access));
        let specs = "/flavors/e2e-private/os-extra_specs";
        self.ask("POST", specs, "2.104", Some(json!({ "extra_specs": { "e2e": "1" } })));
        self.ask("PUT", &format!("{specs}/e2e"), "2.104", Some(json!({ "e2e": "2" })));
        for version in ["2.55", "2.61", "2.75", "2.102"] {
            self.ask("PUT", "/flavors/e2e-private", version, Some(json!({ "flavor": { "description": version } })));
        }
        let project = lab::fact("/projects/demo");
        for version in ["2.1", "2.36", "2.57"] {
            let set = json!({ "quota_set": { "instances": 10 } });
            self.ask("PUT", &format!("/os-quota-sets/{project}"), version, Some(set));
        }
        for version in ["2.1", "2.50", "2.57"] {
            let set = json!({ "quota_class_set": { "instances": 10 } });
            self.ask("PUT", "/os-quota-class-sets/default", version, Some(set));
        }
        let group = json!({ "server_group": { "name": "e2e", "policy": "affinity" } });
        let group = self.ask("POST", "/os-server-groups", "2.104", Some(group));
        group["server_group"]["id"].as_str().expect("an id").to_owned()
    }
}
