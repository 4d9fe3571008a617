//! The table for people.

use std::fmt::Write as _;

use super::{Route, Unsettles, routes};
use crate::api::servers::actions::{ACTIONS, Action};

/// `api-ref/README.md`, which a test holds equal to it.
#[must_use]
pub fn api_ref() -> String {
    let mut text = String::from(
        "# What each route does here\n\nMade from the route table (`nova-cascade api-ref`). All paths are behind `/v2.1` \
         or `/v2.1/{project_id}`, and at 2.1 behind `/v2` too.\n\nA change that *unsettles* its server makes reads of it wait \
         for a look at its region that is newer than the change: `round` for what the region's list of changes tells, \
         `show` for what it does not, `until …` for what goes on after the answer.\n\n\
         | Method | Path | Microversions | Answered | Policy | Unsettles | Here, and unlike one Nova |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for route in routes() {
        push_route(&mut text, route);
    }
    text.push_str("\n## Actions\n\n| Action | Microversions | Policy | Unsettles |\n|---|---|---|---|\n");
    for action in &ACTIONS {
        push_action(&mut text, action);
    }
    text.trim_end().to_owned()
}

fn push_route(text: &mut String, route: &Route) {
    let path = if route.path.is_empty() { "/" } else { route.path };
    let (first, last) = (route.versions.start(), route.versions.end());
    let rule = route.rule.map_or("none", |rule| rule.name);
    let class = format!("{:?}", route.class).to_lowercase();
    let (method, note, unsettles) = (route.method, route.note, unsettled(route.unsettles));
    let _ = writeln!(text, "| {method} | `{path}` | {first} – {last} | {class} | `{rule}` | {unsettles} | {note} |");
}

fn push_action(text: &mut String, action: &Action) {
    let (first, last) = (action.versions.start(), action.versions.end());
    let rule = if action.removed.is_some() { "none" } else { action.rule.name };
    let _ = writeln!(text, "| `{}` | {first} – {last} | `{rule}` | {} |", action.name, unsettled(action.unsettles));
}

fn unsettled(what: Unsettles) -> String {
    match what {
        Unsettles::Nothing => String::new(),
        Unsettles::Round => "round".into(),
        Unsettles::Show => "show".into(),
        Unsettles::Until(effect) => format!("until {effect:?}, {} s at most", what.hold_s()),
    }
}
