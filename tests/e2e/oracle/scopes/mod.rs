//! Tokens of each scope with each role × every route and action: a region's Nova answers what `tests/api/scopes.txt`
//! says, and so does the top. With `CASCADE_CAPTURE_SCOPES=1` the file is written anew first:
//! `CASCADE_CAPTURE_SCOPES=1 cargo test --profile quick --test e2e -- oracle::scopes`.

mod askers;
mod capture;
#[path = "../../../api/scopes/table.rs"]
mod table;

use std::sync::Mutex;

use http::Method;
use serde_json::{Value, json};

use self::askers::Askers;
use self::capture::capture;
use self::table::{ASKERS, Cell, Operation, Table, operations};
use super::bodies;
use super::found::Found;
use super::subjects::Subject;
use crate::support::http::{Answer, Ask};
use crate::support::{ONE, Stage, lab};

/// Those that are asked where nothing is captured; the others are in `tests/api/scopes.rs`, on a simulated cloud.
const CHOSEN: [(&str, &str); 5] =
    [("unscoped", ""), ("domain", "admin"), ("system", "admin"), ("system", "reader"), ("project", "service")];

/// One side: where it is, and what is there.
struct Side {
    url: String,
    group: String,
}

impl Side {
    fn new(url: String, stage: &Stage) -> Self {
        let body = json!({ "server_group": { "name": "e2e-scope", "policies": ["affinity"] } });
        let answer = Ask::new("POST", format!("{url}/os-server-groups")).token(&stage.demo).json(&body).send();
        let group = answer.expect(200).json()["server_group"]["id"].as_str().expect("a group").to_owned();
        Self { url, group }
    }

    fn remove(&self, stage: &Stage) {
        let url = format!("{}/os-server-groups/{}", self.url, self.group);
        Ask::new("DELETE", url).token(&stage.demo).send().expect(204);
    }
}

struct Matrix<'a> {
    found: Found,
    askers: &'a Askers,
}

impl Matrix<'_> {
    fn ask(&self, side: &Side, operation: &Operation, column: usize, prefix: &str) -> Answer {
        let Operation { route, action, query } = operation;
        let template = format!("{}{query}", route.path).replace("{server_group_id}", &side.group);
        let mut paths = self.found.paths(&template);
        // What no rule guards is asked about nothing, where it would be changed.
        let path = if is_read(operation) { paths.swap_remove(0) } else { paths.pop().unwrap_or_default() };
        let path = if route.path.contains("{server_id}") { self.found.paths(&template).swap_remove(0) } else { path };
        let body = match action {
            Some(action) => bodies::of_action(action.name),
            None => bodies::of_route(route.method.as_str(), route.path, route.class),
        };
        let ask = Ask::new(route.method.as_str(), format!("{}{prefix}{path}", side.url));
        let ask = ask.token(self.askers.token(column)).version(&operation.version());
        if body.is_null() { ask.send() } else { ask.json(&body).send() }
    }

    /// What a region answers; it is not asked for what it would do.
    fn cell(&self, side: &Side, operation: &Operation, column: usize) -> Cell {
        let (scope, role) = ASKERS[column];
        let done = scope == "project" && !is_read(operation) && operation.rule().is_some() && operation.passes(role);
        if done { Cell::NotAsked } else { read(&self.ask(side, operation, column, "")) }
    }
}

fn is_read(operation: &Operation) -> bool {
    *operation.route.method == Method::GET
}

fn read(answer: &Answer) -> Cell {
    Cell::read(answer.status, &answer.fault().1)
}

/// Each of `items` once, in their order, a few at a time.
fn each<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let (next, done) = (Mutex::new(0..items.len()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(at) = { next.lock().expect("no panic").next() } {
                    let result = work(&items[at]);
                    done.lock().expect("no panic").push((at, result));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("no panic");
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[test]
fn a_token_of_any_scope_may_do_what_nova_lets_it() {
    let stage = Stage::new();
    let askers = Askers::new(&stage.admin);
    let network = json!([{ "uuid": lab::network(ONE, "lab-net") }]);
    let more = json!({ "availability_zone": ONE, "metadata": { "a key": "v" }, "tags": ["red"] });
    let id = stage.boot("e2e-scoped", network, more);
    let subject = Subject::new(&stage, id, Some(ONE));
    let before = subject.below(&stage);
    let matrix = Matrix { found: Found::of(&stage, &subject), askers: &askers };
    let sides = [lab::url(ONE, "compute"), stage.top.url()].map(|url| Side::new(url, &stage));
    let [below, above] = &sides;
    let table =
        if std::env::var_os("CASCADE_CAPTURE_SCOPES").is_some() { capture(&matrix, below) } else { Table::captured() };
    let all = operations();
    assert_eq!(table.len(), all.len(), "scopes.txt tells of what is no longer asked");
    let different = each(&all, |operation| differences(&matrix, &table, operation, below, above));
    let different: Vec<String> = different.into_iter().flatten().collect();
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
    assert_eq!(subject.below(&stage), before, "a refused request did something");
    for side in &sides {
        side.remove(&stage);
    }
}

fn differences(matrix: &Matrix, table: &Table, operation: &Operation, below: &Side, above: &Side) -> Vec<String> {
    let mut different = Vec::new();
    let project = format!("/{}", lab::fact("/projects/demo"));
    for (column, asker) in ASKERS.iter().enumerate().filter(|(_, asker)| CHOSEN.contains(asker)) {
        let captured = table.cell(operation, column);
        if *captured == Cell::NotAsked {
            continue;
        }
        let region = matrix.ask(below, operation, column, "");
        let top = matrix.ask(above, operation, column, "");
        let mut say = |what: &str, answer: &Answer, wanted: &dyn std::fmt::Debug| {
            let Answer { status, text, .. } = answer;
            different.push(format!("{} by {asker:?} {what}: {status} {text}, not {wanted:?}", operation.name()));
        };
        if !read(&region).is(captured, column) {
            say("in the region", &region, captured);
        }
        let wanted = captured.on_top(operation, column);
        if !read(&top).is(&wanted, column) {
            say("on top", &top, &wanted);
        }
        if asker.0 != "project" && !operation.route.public {
            let [region, top] = [below, above].map(|side| matrix.ask(side, operation, column, &project));
            if (region.status, region.fault()) != (top.status, top.fault()) {
                say("in a project's path", &top, &Value::String(region.text.clone()));
            }
        }
    }
    different
}
