//! Requests as clients in use make them: a region's Nova and the top answer them alike.

use http::Method;
use nova_cascade::microversion::Microversion;
use nova_cascade::routes::routes;
use serde_json::{Value, json};

use super::NOWHERE;
use super::text::plain;
use crate::support::http::{Answer, Ask, token};
use crate::support::{ONE, Stage, lab};

/// One request, sent to both sides.
struct Input {
    method: &'static str,
    /// Behind the address of the service, without a version.
    path: String,
    version: &'static str,
    /// Whose token it carries; nobody's where it is empty.
    who: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: Value,
}

fn input(method: &'static str, path: impl Into<String>) -> Input {
    Input { method, path: path.into(), version: "2.1", who: "demo", headers: &[], body: Value::Null }
}

impl Input {
    fn by(self, who: &'static str) -> Self {
        Self { who, ..self }
    }

    fn body(self, body: Value) -> Self {
        Self { body, ..self }
    }

    fn at(self, version: &'static str) -> Self {
        Self { version, ..self }
    }

    fn with(self, headers: &'static [(&'static str, &'static str)]) -> Self {
        Self { headers, ..self }
    }

    fn ask(&self, base: &str) -> Answer {
        let ask = Ask::new(self.method, format!("{base}{}", self.path)).version(self.version);
        let ask = self.headers.iter().fold(ask, |ask, (name, value)| ask.header(name, value));
        let ask = if self.who.is_empty() { ask } else { ask.token(&token(self.who)) };
        if self.body.is_null() { ask.send() } else { ask.json(&self.body).send() }
    }

    /// What differs, where something does: status and fault, and of a success its kind.
    fn difference(&self, stage: &Stage) -> Option<String> {
        let root = |url: &str| url.trim_end_matches("/v2.1").to_owned();
        let (below, above) = (self.ask(&root(&lab::url(ONE, "compute"))), self.ask(&root(&stage.top.url())));
        if told(&below) == told(&above) {
            return None;
        }
        let Self { method, path, version, who, headers, body } = self;
        Some(format!(
            "{method} {path} {body} {headers:?} at {version} by {who:?}: {} {}, not {} {}",
            above.status, above.text, below.status, below.text
        ))
    }
}

/// What clients act on; lists and documents are each side's own.
fn told(answer: &Answer) -> (u16, String, Value) {
    let fault = if answer.status < 300 { Value::Null } else { plain(answer) };
    // webob says nothing of a 404 to HEAD in a form that depends on nothing that the client sent.
    let kind = if answer.status < 400 { answer.header("content-type") } else { String::new() };
    (answer.status, kind, if answer.status == 300 { Value::Null } else { fault })
}

/// All of `inputs` are answered alike.
#[track_caller]
fn alike(inputs: &[Input]) {
    all_alike(&Stage::new(), inputs);
}

#[track_caller]
fn all_alike(stage: &Stage, inputs: &[Input]) {
    let different: Vec<String> = inputs.iter().filter_map(|input| input.difference(stage)).collect();
    assert!(different.is_empty(), "{} of {} differ:\n{}", different.len(), inputs.len(), different.join("\n"));
}

const PREFLIGHT: &[(&str, &str)] =
    &[("origin", "https://horizon.example.com"), ("access-control-request-method", "GET")];

#[test]
fn paths_and_methods() {
    let mut inputs = vec![
        // fog joins its paths so.
        input("GET", "/v2.1//limits"),
        input("GET", "/v2.1//flavors/1"),
        input("GET", "/v2.1/servers//detail"),
        input("GET", "/v2.1/%2Fservers"),
        input("GET", "//v2.1/limits"),
        input("GET", "/v2//servers"),
        input("GET", "/v2.1/servers//"),
        input("GET", "/v2.1//"),
        input("GET", "//"),
        input("GET", "//v3//x"),
        input("HEAD", "/v2.1/servers"),
        input("HEAD", "/v2.1/servers/detail"),
    ];
    // What load balancers and browsers ask, who have no token.
    for path in ["/", "/v2.1", "/v2.1/", "/v2", "/v2/", "/v3", "/v2.1/servers", "/v2.1/nothing"] {
        inputs.extend(["HEAD", "OPTIONS", "POST", "DELETE"].map(|method| input(method, path).by("")));
        inputs.push(input("OPTIONS", path).with(PREFLIGHT).by(""));
    }
    alike(&inputs);
}

#[test]
fn times_and_markers() {
    let mut inputs: Vec<Input> = [
        "2026",
        "2026-01",
        "2026-1-2",
        "202601",
        "20260102",
        "2026-01-02T10",
        "2026-01-02T10:5",
        "2026-01-02T101112%2B0530",
        "2026-01-02%2010:11:12,5-05",
        "2026-01-02T24:00:00",
        "2026-01-02t10:11",
        "2026-01-02T10:11:12%2B24:00",
        "",
    ]
    .iter()
    .map(|time| input("GET", format!("/v2.1/servers?changes-since={time}")))
    .collect();
    for marker in [NOWHERE, "x", ""] {
        inputs.push(input("GET", format!("/v2.1/servers?marker={marker}")));
        inputs.push(input("GET", format!("/v2.1/servers?marker={marker}")).by("admin"));
    }
    alike(&inputs);
}

#[test]
fn ids_in_capitals_and_a_marker_of_another_project() {
    let stage = Stage::new();
    let network = json!([{ "uuid": lab::network(ONE, "lab-net") }]);
    let id = stage.boot("e2e-capitals", network, json!({ "availability_zone": ONE })).to_uppercase();
    let mut inputs: Vec<Input> = ["", "/os-interface", "/tags", "/os-instance-actions", "/metadata"]
        .iter()
        .map(|part| input("GET", format!("/v2.1/servers/{id}{part}")).at("2.26"))
        .collect();
    for marker in [id.clone(), id.to_lowercase()] {
        inputs.extend(["demo", "admin"].map(|who| input("GET", format!("/v2.1/servers?marker={marker}")).by(who)));
    }
    all_alike(&stage, &inputs);
}

#[test]
fn names() {
    let long = "x".repeat(256);
    let strict =
        [" a", "a ", "\u{3000}a", "a\u{3000}", "a\u{a0}", "a \n", "\n", " ", "", "a\tb", "a\u{1F600}", long.as_str()];
    let spaced = ["\n", " ", "\u{3000}", "", "a\tb", "a\u{1F600}", long.as_str()];
    let mut inputs = Vec::new();
    for (version, names) in [("/v2.1", strict.as_slice()), ("/v2", spaced.as_slice())] {
        let path = |collection: &str| format!("{version}/{collection}");
        for name in names {
            for (field, value) in [
                ("name", json!(name)),
                ("key_name", json!(name)),
                ("availability_zone", json!(name)),
                ("security_groups", json!([{ "name": name }])),
            ] {
                let mut server = json!({ "name": "a", "flavorRef": "none-such", "networks": [] });
                server[field] = value;
                inputs.push(input("POST", path("servers")).body(json!({ "server": server })));
            }
            let group = json!({ "server_group": { "name": name, "policies": ["affinity"] } });
            inputs.push(input("POST", path("os-server-groups")).body(group));
            inputs.push(input("POST", path("os-keypairs")).body(json!({ "keypair": { "name": name } })));
            let flavor = json!({ "flavor": { "name": name, "ram": 64, "vcpus": 1, "disk": 0 } });
            inputs.push(input("POST", path("flavors")).body(flavor).by("admin"));
        }
    }
    alike(&inputs);
}

/// A query is held against its schema before the policy is asked and the server looked for.
#[test]
fn the_order_of_refusals() {
    let stage = Stage::new();
    let (project, group) = (lab::fact("/projects/demo"), NOWHERE);
    let mut inputs = Vec::new();
    // Nova's controller of `os-volumes_boot` hides what it is asked from its validators.
    let judged = routes().filter(|route| route.query.is_some() && !route.path.starts_with("/os-volumes_boot"));
    for route in judged {
        let values = [
            ("{project_id}", project.as_str()),
            ("{server_id}", NOWHERE),
            ("{server_group_id}", group),
            ("{flavor_id}", "1"),
            ("{key}", "none-such"),
            ("{keypair_name}", "none-such"),
            ("{name}", "default"),
            ("{alias}", "none-such"),
        ];
        let path = values.iter().fold(route.path.to_owned(), |path, (name, value)| path.replace(name, value));
        assert!(!path.contains('{'), "say what stands for the parameter in {path}");
        // A change that is refused for nothing but the query would otherwise happen.
        let askers: &[&str] =
            if *route.method == Method::GET { &["alt", "reader", "demo"] } else { &["alt", "reader"] };
        for (who, version) in askers.iter().flat_map(|who| ["2.74", "2.75", "2.101", "2.102"].map(|at| (who, at))) {
            if !route.versions.contains(&Microversion::parse(version).expect("a version")) {
                continue;
            }
            for query in ["frob=1", "limit=x&frob=1"] {
                let asked = input(route.method.as_str(), format!("/v2.1{path}?{query}")).by(who).at(version);
                let asked = if *route.method == Method::PUT { asked.body(json!({ "quota_set": {} })) } else { asked };
                inputs.push(asked);
            }
        }
    }
    all_alike(&stage, &inputs);
}

/// What is refused for the body alone. Where Nova fails with 500 the top refuses with 400, in the words of the schema.
#[test]
fn bodies_of_boots() {
    let stage = Stage::new();
    let boot = |field: &str, value: Value| {
        let mut server = json!({ "name": "a", "flavorRef": "none-such", "networks": [] });
        server[field] = value;
        input("POST", "/v2.1/servers").body(json!({ "server": server }))
    };
    let alike: Vec<Input> = [
        ("user_data", json!("a b")),
        ("user_data", json!("QUJ")),
        ("user_data", json!("A".repeat(65_536))),
        ("user_data", json!(5)),
        ("personality", json!({})),
        ("personality", json!([{ "path": "/a", "contents": "a!b" }])),
        ("personality", json!([{ "path": "/a", "contents": 5 }])),
        ("adminPass", json!(5)),
        ("OS-DCF:diskConfig", json!("x")),
        ("config_drive", json!("maybe")),
        ("config_drive", Value::Null),
    ]
    .into_iter()
    .map(|(field, value)| boot(field, value))
    .chain([
        boot("description", json!(5)).at("2.19"),
        boot("tags", json!(["a,b"])).at("2.52"),
        boot("tags", json!([""])).at("2.52"),
        boot("host", json!("a b")).at("2.74"),
        boot("hostname", json!("a_b")).at("2.90"),
        boot("hostname", json!("a b")).at("2.94"),
    ])
    .collect();
    all_alike(&stage, &alike);
    for (field, value) in [
        ("user_data", json!("é")),
        ("personality", json!([{ "path": "/a" }])),
        ("personality", json!([{ "contents": "QUJD" }])),
        ("personality", json!([{ "path": "/a", "contents": "é" }])),
    ] {
        let asked = boot(field, value);
        let below = asked.ask(lab::url(ONE, "compute").trim_end_matches("/v2.1"));
        let above = asked.ask(stage.top.url().trim_end_matches("/v2.1"));
        assert_eq!((below.status, above.status), (500, 400), "{}: {} {}", asked.body, below.text, above.text);
    }
}
