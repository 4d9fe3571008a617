//! The table for people.

use std::fmt::Write as _;

use super::ROUTES;

/// `api-ref/README.md`, which a test holds equal to it.
#[must_use]
pub fn api_ref() -> String {
    let mut text = String::from(
        "# What each route does here\n\nMade from the route table (`nova-cascade api-ref`). All paths are behind `/v2.1` \
         or `/v2.1/{project_id}`.\n\n| Method | Path | Microversions | Answered | Policy | Here, and unlike one Nova |\n\
         |---|---|---|---|---|---|\n",
    );
    for route in &ROUTES {
        let path = if route.path.is_empty() { "/" } else { route.path };
        let (first, last) = (route.versions.start(), route.versions.end());
        let rule = route.rule.map_or("none", |rule| rule.name);
        let class = format!("{:?}", route.class).to_lowercase();
        let _ =
            writeln!(text, "| {} | `{path}` | {first} – {last} | {class} | `{rule}` | {} |", route.method, route.note);
    }
    text.trim_end().to_owned()
}
