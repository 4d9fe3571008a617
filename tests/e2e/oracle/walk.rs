//! Every read that goes to a region or over all of them, asked of the top and of the region: the same status, document
//! and headers, less the named rewrites.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use http::Method;
use nova_cascade::routes::{Class, Route, routes};
use serde_json::Value;

use super::VERSIONS;
use super::found::Found;
use super::rewrites::Rewriting;
use super::subjects::{self, Subject};
use super::text::plain;
use crate::support::http::{Answer, Ask, token};
use crate::support::{ONE, Stage, TWO, lab};

/// Both sides say the same in them.
const HEADERS: [&str; 5] =
    ["openstack-api-version", "x-openstack-nova-api-version", "vary", "content-type", "location"];

/// Routes that never answer with success here, for nothing of theirs is on the lab.
const NEVER: [&str; 4] = [
    "/images/{image_id}/metadata/{key}",
    "/servers/{server_id}/migrations/{id}",
    "/servers/{server_id}/os-volume_attachments/{volume_id}",
    "/servers/{server_id}/shares/{share_id}",
];

/// What to ask.
struct Question<'a> {
    route: &'static Route,
    path: String,
    version: &'static str,
    user: &'a str,
    token: &'a str,
    /// The one region that knows; none for a list over all.
    region: Option<&'static str>,
}

impl Question<'_> {
    fn ask(&self, base: &str) -> Answer {
        Ask::new("GET", format!("{base}{}", self.path)).token(self.token).version(self.version).send()
    }

    fn ask_region(&self, region: &str) -> Answer {
        self.ask(&lab::url(region, "compute"))
    }
}

struct Walk<'a> {
    stage: &'a Stage,
    subjects: &'a [Subject],
    /// Who asks: name and token.
    users: [(&'a str, &'a str); 3],
}

#[test]
fn reads_are_the_regions_own_but_for_what_is_named() {
    let stage = Stage::new();
    let reader = token("reader");
    let subjects = subjects::make(&stage);
    let users = [("admin", stage.admin.as_str()), ("demo", &stage.demo), ("reader", &reader)];
    let walk = Walk { stage: &stage, subjects: &subjects, users };
    let questions = walk.questions();
    let (asked, left) = (questions.len(), Mutex::new(questions.into_iter()));
    let (different, answered) = (Mutex::new(Vec::new()), Mutex::new(BTreeSet::new()));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(question) = { left.lock().expect("no panic").next() } {
                    match walk.compare(&question) {
                        Ok(status) if status < 300 => {
                            let key = (question.route.path, question.version);
                            answered.lock().expect("no panic").insert(key);
                        }
                        Ok(_) => {}
                        Err(text) => different.lock().expect("no panic").push(text),
                    }
                }
            });
        }
    });
    let (mut different, answered) =
        (different.into_inner().expect("no panic"), answered.into_inner().expect("no panic"));
    different.sort();
    assert!(different.is_empty(), "{} of {asked} differ:\n{}", different.len(), different.join("\n"));
    all_were_judged(&stage, &answered);
}

/// No answer went by without a schema, and no route without an answer.
fn all_were_judged(stage: &Stage, answered: &BTreeSet<(&str, &str)>) {
    all_have_a_schema(stage, answered);
    for route in reads() {
        let is = answered.iter().any(|(path, _)| *path == route.path);
        assert_eq!(is, !NEVER.contains(&route.path), "{} was answered: {is}", route.path);
    }
}

/// What was answered with success at these paths and versions was held against a schema.
pub fn all_have_a_schema(stage: &Stage, answered: &BTreeSet<(&str, &str)>) {
    let bare = |path: &str| path.split(['{', '}']).step_by(2).collect::<Vec<_>>().join("{}");
    let judged: BTreeMap<_, _> =
        stage.top.judged().into_iter().map(|((route, version), count)| ((bare(&route), version), count)).collect();
    for (path, version) in answered {
        let key = (format!("GET {}", bare(path)), (*version).to_owned());
        assert!(judged.contains_key(&key), "no answer of {key:?} was held against a schema");
    }
}

/// The routes in question.
fn reads() -> impl Iterator<Item = &'static Route> {
    let below = |class| matches!(class, Class::Routed | Class::Merged | Class::Proxied);
    routes().filter(move |route| *route.method == Method::GET && below(route.class))
}

impl<'a> Walk<'a> {
    fn questions(&self) -> Vec<Question<'a>> {
        let thorough: Vec<_> = self.subjects.iter().filter(|subject| subject.thorough).collect();
        let found: Vec<_> = thorough.iter().map(|subject| (subject.region, Found::of(self.stage, subject))).collect();
        let mut questions = Vec::new();
        for route in reads() {
            let mut add = |path: String, region, versions: &[&'static str]| {
                for version in versions {
                    // A reader sees what a member sees.
                    let ends = ["2.1", "2.104"].contains(version);
                    for (user, token) in self.users.into_iter().filter(|(user, _)| ends || *user != "reader") {
                        questions.push(Question { route, path: path.clone(), version, user, token, region });
                    }
                }
            };
            if !route.path.contains('{') {
                self.queries(route)
                    .into_iter()
                    .for_each(|query| add(format!("{}{query}", route.path), None, &VERSIONS));
                continue;
            }
            // An image is in both regions, and one of them answers.
            let regions = if route.path.starts_with("/images") { 1 } else { found.len() };
            for (region, found) in &found[..regions] {
                found.paths(route.path).into_iter().for_each(|path| add(path, Some(*region), &VERSIONS));
            }
            if let Some((region, found)) = found.first().filter(|_| route.path.contains("{server_id}")) {
                let nothing = found.nothing().paths(route.path);
                nothing.into_iter().for_each(|path| add(path, Some(*region), &["2.1", "2.104"]));
            }
            if route.path.ends_with("/{server_id}") || route.path.ends_with("/os-instance-actions") {
                for subject in self.subjects.iter().filter(|subject| !subject.thorough) {
                    add(route.path.replace("{server_id}", &subject.id), Some(subject.region), &VERSIONS);
                }
            }
        }
        questions
    }

    /// How a list is asked: plainly, and for servers also with those that are gone.
    fn queries(&self, route: &Route) -> Vec<String> {
        if !route.path.starts_with("/servers") {
            return vec![String::new()];
        }
        let created = self.subjects.iter().filter(|s| !s.deleted).map(|s| s.below(self.stage)["created"].clone());
        let first = created.min_by_key(ToString::to_string).unwrap_or_default();
        let since = first.as_str().unwrap_or_default();
        ["?all_tenants=1", "", "?changes-since="]
            .map(|q| if q.ends_with('=') { format!("{q}{since}") } else { q.into() })
            .into()
    }

    /// The status both gave, or what differs. Asked twice where it does: a server may change between two reads.
    fn compare(&self, question: &Question) -> Result<u16, String> {
        let look = || match question.region {
            Some(region) => self.one(question, region),
            None => self.list(question),
        };
        look().or_else(|_| look()).map_err(|text| {
            format!(
                "GET {} ({}) at {} for {}: {text}",
                question.route.path, question.path, question.version, question.user
            )
        })
    }

    fn rewriting<'b>(&'b self, region: &'b str) -> Rewriting<'b> {
        Rewriting { region, top: self.stage.top.url(), subjects: self.subjects }
    }

    fn one(&self, question: &Question, region: &str) -> Result<u16, String> {
        let (below, above) = (question.ask_region(region), question.ask(&self.stage.top.url()));
        let rewriting = self.rewriting(region);
        same_head(&rewriting, &below, &above)?;
        let (mut want, got) = (plain(&below), plain(&above));
        rewriting.apply(&mut want);
        differences("", &want, &got).map_or(Ok(above.status), Err)
    }

    /// The items of both regions, each as its region shows it, in an order that keeps that of each region.
    fn list(&self, question: &Question) -> Result<u16, String> {
        let above = question.ask(&self.stage.top.url());
        let key = key_of_list(question.route.path);
        let known =
            |item: &Value| key != "servers" || self.subjects.iter().any(|subject| item["id"] == subject.id.as_str());
        let items = |answer: &Answer| -> Vec<Value> {
            let document = plain(answer);
            document[key].as_array().into_iter().flatten().filter(|item| known(item)).cloned().collect()
        };
        let got = items(&above);
        let place = |item: &Value| got.iter().position(|other| other["id"] == item["id"]);
        let mut ids = BTreeSet::new();
        for region in [ONE, TWO] {
            let below = question.ask_region(region);
            let rewriting = self.rewriting(region);
            same_head(&rewriting, &below, &above)?;
            if below.status >= 300 {
                return differences("", &plain(&below), &plain(&above)).map_or(Ok(above.status), Err);
            }
            let mut want = items(&below);
            want.iter_mut().for_each(|item| rewriting.apply(item));
            let places: Option<Vec<_>> = want.iter().map(place).collect();
            let places = places.ok_or_else(|| format!("{region} has more: {want:?}, not {got:?}"))?;
            if !places.is_sorted() {
                return Err(format!("not in the order of {region}: {places:?}"));
            }
            for (item, at) in want.iter().zip(places) {
                if ids.insert(item["id"].to_string()) {
                    differences("", item, &got[at]).map_or(Ok(()), Err)?;
                }
            }
        }
        if ids.len() == got.len() { Ok(above.status) } else { Err(format!("more than the regions have: {got:?}")) }
    }
}

/// What the list's array is called.
fn key_of_list(path: &str) -> &'static str {
    match path {
        path if path.starts_with("/images") => "images",
        path if path.starts_with("/os-security-groups") => "security_groups",
        _ => "servers",
    }
}

fn same_head(rewriting: &Rewriting, below: &Answer, above: &Answer) -> Result<(), String> {
    if below.status != above.status {
        return Err(format!("{} {}, not {} {}", above.status, above.text, below.status, below.text));
    }
    for name in HEADERS {
        let values = |answer: &Answer| -> Vec<String> {
            let values = answer.headers.get_all(name).iter();
            values.map(|value| value.to_str().unwrap_or_default().to_owned()).collect()
        };
        let want: Vec<_> = values(below).iter().map(|value| rewriting.address(value)).collect();
        if want != values(above) {
            return Err(format!("{name}: {:?}, not {want:?}", values(above)));
        }
    }
    Ok(())
}

/// Where two documents differ first.
fn differences(at: &str, want: &Value, got: &Value) -> Option<String> {
    match (want, got) {
        (Value::Object(wanted), Value::Object(given)) => {
            let names: BTreeSet<_> = wanted.keys().chain(given.keys()).collect();
            let all: Vec<_> = names
                .into_iter()
                .filter_map(|name| match (wanted.get(name), given.get(name)) {
                    (Some(want), Some(got)) => differences(&format!("{at}/{name}"), want, got),
                    (want, got) => Some(format!("{at}/{name}: {got:?}, not {want:?}")),
                })
                .collect();
            (!all.is_empty()).then(|| all.join("; "))
        }
        (Value::Array(wanted), Value::Array(given)) if wanted.len() == given.len() => {
            let mut pairs = wanted.iter().zip(given).enumerate();
            pairs.find_map(|(index, (want, got))| differences(&format!("{at}/{index}"), want, got))
        }
        _ => (want != got).then(|| format!("{at}: {got}, not {want}")),
    }
}
