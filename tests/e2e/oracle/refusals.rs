//! Every route and every action of the tables × those whom Nova refuses: the top refuses them as a region does.

use std::ops::RangeInclusive;
use std::sync::Mutex;

use http::Method;
use nova_cascade::api::servers::actions::ACTIONS;
use nova_cascade::microversion::{MAX_KNOWN, MIN, Microversion, v2};
use nova_cascade::routes::{Class, Route, routes};
use serde_json::{Value, json};

use super::bodies;
use super::found::Found;
use super::subjects::Subject;
use super::text::plain;
use crate::support::http::{Answer, Ask, token};
use crate::support::{ONE, Stage, lab};

/// One request, sent to both sides.
struct Case {
    method: &'static str,
    path: String,
    version: Microversion,
    who: &'static str,
    token: Option<String>,
    body: Value,
}

impl Case {
    fn ask(&self, base: &str) -> Answer {
        let ask = Ask::new(self.method, format!("{base}{}", self.path)).version(&self.version.to_string());
        let ask = if self.body.is_null() { ask } else { ask.json(&self.body) };
        match &self.token {
            Some(token) => ask.token(token).send(),
            None => ask.send(),
        }
    }

    /// What differs, if something does, and the exception that says so.
    fn compare(&self, stage: &Stage) -> Option<(Option<&'static str>, String)> {
        let (below, above) = (self.ask(&lab::url(ONE, "compute")), self.ask(&stage.top.url()));
        let fault = |answer: &Answer| if answer.status < 300 { Value::Null } else { plain(answer) };
        let head = |answer: &Answer| {
            let challenge = answer.header("www-authenticate");
            (answer.status, challenge.split('=').next().unwrap_or_default().to_owned())
        };
        if head(&below) == head(&above) && fault(&below) == fault(&above) {
            return None;
        }
        let Self { method, path, version, who, body, .. } = self;
        let text = format!(
            "{method} {path} {body} at {version} {who}: {} {}, not {} {}",
            above.status, above.text, below.status, below.text
        );
        let exception = EXCEPTIONS.iter().find(|(_, applies)| applies(self, &below));
        Some((exception.map(|(reason, _)| *reason), text))
    }
}

type Applies = fn(&Case, &Answer) -> bool;

/// Where the top does not say what Nova says, and why.
const EXCEPTIONS: [(&str, Applies); 3] = [
    ("Nova 34 fails on every change by this path: its controller hides the body from its validators", |case, below| {
        case.path.contains("/os-volumes_boot") && below.status == 500
    }),
    ("Nova looks for the address in Neutron first; the top refuses before it asks a region", |case, _| {
        case.body.get("removeFloatingIp").is_some()
    }),
    ("Nova knows its actions before it looks at the project in the path or the version", |case, below| {
        [WRONG_PROJECT, OUTSIDE].contains(&case.who) && below.text.contains("There is no such action")
    }),
];

const WRONG_PROJECT: &str = "by a stranger in the project's name";
const OUTSIDE: &str = "outside its versions";

/// Who asks, for each row.
struct People {
    reader: String,
    alt: String,
    demo: String,
}

struct Matrix<'a> {
    people: &'a People,
    found: Found,
    nothing: Found,
    cases: Vec<Case>,
}

#[test]
fn whom_nova_refuses_the_top_refuses_in_the_same_words() {
    let stage = Stage::new();
    let people = People { reader: token("reader"), alt: token("alt"), demo: stage.demo.clone() };
    let network = json!([{ "uuid": lab::network(ONE, "lab-net") }]);
    let more = json!({ "availability_zone": ONE, "metadata": { "a key": "v" }, "tags": ["red"] });
    let id = stage.boot("e2e-guarded", network, more);
    let subject = Subject::new(&stage, id, Some(ONE));
    let found = Found::of(&stage, &subject);
    let mut matrix = Matrix { people: &people, nothing: found.nothing(), found, cases: Vec::new() };
    // Nova has no route of ours.
    for route in routes().filter(|route| route.class != Class::Own) {
        if route.path.ends_with("/{server_id}/action") {
            for action in &ACTIONS {
                matrix.add(route, &narrower(&action.versions, &route.versions), &bodies::of_action(action.name));
            }
        } else {
            matrix.add(route, &route.versions, &bodies::of_route(route.method.as_str(), route.path, route.class));
        }
    }
    let before = subject.below(&stage);
    let (count, left, different) = (matrix.cases.len(), Mutex::new(matrix.cases.into_iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(case) = { left.lock().expect("no panic").next() } {
                    different.lock().expect("no panic").extend(case.compare(&stage));
                }
            });
        }
    });
    let all: Vec<_> = different.into_inner().expect("no panic");
    for (reason, _) in EXCEPTIONS {
        assert!(all.iter().any(|(exception, _)| *exception == Some(reason)), "no longer so: {reason}");
    }
    let mut different: Vec<_> =
        all.into_iter().filter(|(exception, _)| exception.is_none()).map(|(_, text)| text).collect();
    different.sort();
    assert!(different.is_empty(), "{} of {count} differ:\n{}", different.len(), different.join("\n"));
    assert_eq!(subject.below(&stage), before, "a refused request did something");
}

fn narrower(a: &RangeInclusive<Microversion>, b: &RangeInclusive<Microversion>) -> RangeInclusive<Microversion> {
    *a.start().max(b.start())..=*a.end().min(b.end())
}

impl Matrix<'_> {
    /// All who are refused, at the row's last microversion; and that it is not there next to its window.
    fn add(&mut self, route: &'static Route, versions: &RangeInclusive<Microversion>, body: &Value) {
        let last = *versions.end();
        let path = self.found.paths(route.path).swap_remove(0);
        let mut case = |who, token: Option<&String>, version: Microversion, path: String| {
            let (method, token, body) = (route.method.as_str(), token.cloned(), body.clone());
            self.cases.push(Case { method, path, version, who, token, body });
        };
        let People { reader, alt, demo } = self.people;
        case("without a token", None, last, path.clone());
        case("by a reader", Some(reader), last, path.clone());
        let elsewhere = format!("/{}{path}", lab::fact("/projects/demo"));
        case(WRONG_PROJECT, Some(alt), last, elsewhere);
        // A stranger's own project is not refused; a change there would happen.
        let of_server = route.path.contains("{server_id}");
        if of_server || *route.method == Method::GET {
            case("by a stranger", Some(alt), last, path.clone());
        }
        if of_server {
            case("about nothing", Some(demo), last, self.nothing.paths(route.path).swap_remove(0));
        }
        let before = (*versions.start() > MIN).then(|| v2(versions.start().minor - 1));
        let after = (last < MAX_KNOWN).then(|| v2(last.minor + 1));
        for version in [before, after].into_iter().flatten() {
            case(OUTSIDE, Some(reader), version, path.clone());
        }
    }
}
