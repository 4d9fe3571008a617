//! Refusals: the top's against those of a region's own Nova, asked the same.

use serde_json::json;

use crate::support::http::{Answer, Ask, token};
use crate::support::{ONE, Stage, lab};

/// Sends the same to the top and to RegionOne; both must answer with this status.
#[track_caller]
fn both(stage: &Stage, status: u16, ask: impl Fn(String) -> Ask) -> (Answer, Answer) {
    let (above, below) = (ask(stage.top.url()).send(), ask(lab::url(ONE, "compute")).send());
    assert_eq!((above.status, below.status), (status, status), "on top: {}\nbelow: {}", above.text, below.text);
    (above, below)
}

/// The same, and the fault has the same name and text.
#[track_caller]
fn same(stage: &Stage, status: u16, ask: impl Fn(String) -> Ask) -> Answer {
    let (above, below) = both(stage, status, ask);
    assert_eq!(above.fault(), below.fault());
    above
}

#[test]
fn without_a_good_token() {
    let stage = Stage::new();
    let challenge = |answer: &Answer| answer.header("www-authenticate");
    for headers in [vec![], vec![("x-auth-token", "none-such")]] {
        let (above, below) = both(&stage, 401, |url| {
            headers.iter().fold(Ask::new("GET", url + "/servers"), |ask, (name, value)| ask.header(name, value))
        });
        assert_eq!(above.fault(), below.fault());
        assert!(challenge(&above).starts_with("Keystone uri=\"http"), "{:?}", above.headers);
        assert_eq!(challenge(&above).split('=').next(), challenge(&below).split('=').next());
    }
}

#[test]
fn of_another_project() {
    let stage = Stage::new();
    let alt = token("alt");
    let id = stage.boot("e2e-ours", json!("none"), json!({ "availability_zone": ONE }));
    for method in ["GET", "DELETE"] {
        let answer = same(&stage, 404, |url| Ask::new(method, format!("{url}/servers/{id}")).token(&alt));
        assert_eq!(answer.fault().0, "itemNotFound");
    }
    let interfaces = Ask::new("GET", format!("{}/servers/{id}/os-interface", stage.top.url())).token(&alt).send();
    assert_eq!(interfaces.status, 404);
    let list = Ask::new("GET", format!("{}/servers/detail", stage.top.url())).token(&alt).send().expect(200);
    assert!(!list.text.contains(&id));
    // Nova would start behind the other project's server; here it is not one to start from (api-ref).
    let marker = Ask::new("GET", format!("{}/servers?marker={id}", stage.top.url())).token(&alt).send().expect(400);
    assert_eq!(marker.fault(), ("badRequest".into(), format!("marker [{id}] not found")));
    same(&stage, 403, |url| Ask::new("GET", format!("{url}/servers?all_tenants=1")).token(&alt));
    let other = lab::fact("/projects/demo");
    same(&stage, 400, |url| Ask::new("GET", format!("{url}/{other}/servers")).token(&alt));
    stage.ask("GET", &format!("/servers/{id}")).send().expect(200);
}

#[test]
fn of_what_is_not_there() {
    let stage = Stage::new();
    let missing = "7d6a0d2e-0000-4000-8000-000000000000";
    let get = |path: &'static str| move |url: String| Ask::new("GET", url + path);
    for path in ["/servers/7d6a0d2e-0000-4000-8000-000000000000", "/flavors/none-such"] {
        same(&stage, 404, |url| get(path)(url).token(&stage.demo));
    }
    same(&stage, 404, |url| Ask::new("DELETE", format!("{url}/servers/{missing}")).token(&stage.demo));
    for accept in ["application/json", "text/html", "text/plain", "*/*"] {
        let (above, below) =
            both(&stage, 404, |url| get("/none-such")(url).token(&stage.demo).header("accept", accept));
        assert_eq!(above.header("content-type"), below.header("content-type"), "Accept: {accept}");
        if accept == "application/json" {
            assert_eq!(above.json(), below.json());
        } else {
            assert_eq!(above.text, below.text, "Accept: {accept}");
        }
    }
    for path in ["/servers?limit=-1", "/servers?marker=none-such", "/servers?all_tenants=perhaps"] {
        same(&stage, 400, |url| get(path)(url).token(&stage.demo));
    }
}

#[test]
fn of_microversions() {
    let stage = Stage::new();
    let answer = same(&stage, 406, |url| Ask::new("GET", url + "/servers").token(&stage.demo).version("2.999"));
    let (name, message) = answer.fault();
    assert_eq!(name, "computeFault");
    assert!(message.contains("2.1") && message.contains("2.104"), "{message}");
    same(&stage, 400, |url| Ask::new("GET", url + "/servers").token(&stage.demo).version("two"));
}

#[test]
fn of_bodies() {
    let stage = Stage::new();
    let post = |url: String| Ask::new("POST", url + "/servers").token(&stage.demo).version("2.96");
    let json_type = |url: String| post(url).header("content-type", "application/json");
    let answer = same(&stage, 400, |url| json_type(url).body("{\"server\": "));
    assert_eq!(answer.fault(), ("badRequest".into(), "Malformed request body".into()));
    let answer = same(&stage, 415, |url| post(url).header("content-type", "text/xml").body("<server/>"));
    assert_eq!(answer.fault().0, "badMediaType");
    // The region answers this before Nova does, without an envelope.
    let large = format!("{{\"server\": \"{}\"}}", "x".repeat(120_000));
    both(&stage, 413, |url| json_type(url).body(large.clone()));
    for body in
        ["", "[]", "{}", "{\"server\": 1}", "{\"server\": {\"name\": 1, \"flavorRef\": \"1\", \"networks\": \"none\"}}"]
    {
        same(&stage, 400, |url| json_type(url).body(body));
    }
}

#[test]
fn of_boots() {
    let stage = Stage::new();
    let nowhere = "7d6a0d2e-0000-4000-8000-000000000000";
    let network = |id: &str| json!([{ "uuid": id }]);
    let cases = [
        ("an unknown zone", json!("none"), json!({ "availability_zone": "none-such" })),
        ("an unknown image", json!("none"), json!({ "imageRef": nowhere })),
        ("an unknown network", network(nowhere), json!({})),
        ("an unknown flavor", json!("none"), json!({ "flavorRef": "none-such" })),
        ("an empty name", json!("none"), json!({ "name": "" })),
        ("more at least than at most", json!("none"), json!({ "min_count": 3, "max_count": 2 })),
        ("an unknown key", json!("none"), json!({ "nonsense": 1 })),
        ("bad user data", json!("none"), json!({ "user_data": "not base64!" })),
    ];
    let mut different = Vec::new();
    for (what, networks, more) in cases {
        let body = stage.boot_body("e2e-refused", networks, more);
        let (above, below) =
            both(&stage, 400, |url| Ask::new("POST", url + "/servers").token(&stage.demo).version("2.96").json(&body));
        assert_eq!(above.fault().0, "badRequest", "{what}: {}", above.text);
        if above.fault() != below.fault() {
            different.push(format!("{what}: on top {:?}, below {:?}", above.fault(), below.fault()));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
    let listed = stage.ask("GET", "/servers?name=%5Ee2e-").send().expect(200).json();
    assert_eq!(listed["servers"], json!([]), "a refused boot left something");
}
