//! The selector's answer as tables.

use std::fmt::Write as _;

use crate::selector::{Refused, Selection};

/// Lines for the operator: what each filter said of each region, why regions are out, what each weigher said of those
/// that are left, and the outcome. `filters` are in the order in which they judged.
pub(super) fn lines(filters: &[&str], selection: &Selection) -> Vec<String> {
    let mut names: Vec<&str> = selection.candidates.iter().map(|candidate| candidate.region.name()).collect();
    names.extend(selection.refused.iter().map(|refused| refused.region.as_str()));
    if names.is_empty() {
        return vec!["no region is registered; see `nova-cascade check`".into()];
    }
    let mut lines = vec![row("FILTER", names.iter().map(ToString::to_string))];
    lines.extend(filters.iter().map(|filter| {
        row(
            filter,
            names.iter().map(|name| said(filters, filter, selection.refused.iter().find(|r| r.region == *name))),
        )
    }));
    lines.push(String::new());
    for Refused { region, filter, reason } in &selection.refused {
        lines.push(format!("{region} is out by {filter}: {}", reason.text));
    }
    let Some(best) = selection.candidates.first() else {
        lines.push("no region would take the boot".into());
        return lines;
    };
    if !selection.refused.is_empty() {
        lines.push(String::new());
    }
    let left = selection.candidates.iter();
    lines.push(row("WEIGHER", left.clone().map(|candidate| candidate.region.name().to_owned())));
    for (place, (weigher, _)) in best.weighed.iter().enumerate() {
        let figure =
            |weighed: &[(&str, f64)]| weighed.get(place).map_or(String::new(), |(_, figure)| figure.to_string());
        lines.push(row(weigher, left.clone().map(|candidate| figure(&candidate.weighed))));
    }
    lines.push(String::new());
    let order: Vec<&str> = left.map(|candidate| candidate.region.name()).collect();
    let others = if order.len() > 1 { format!("; then to: {}", order[1..].join(", ")) } else { String::new() };
    lines.push(format!("the boot would go to {}{others}", order[0]));
    lines
}

/// What a filter said of a region, given what took that out.
fn said(filters: &[&str], filter: &str, refused: Option<&Refused>) -> String {
    let place = |name: &str| filters.iter().position(|other| *other == name);
    let Some(refused) = refused else { return "yes".into() };
    match place(filter).cmp(&place(refused.filter)) {
        std::cmp::Ordering::Less => "yes".into(),
        std::cmp::Ordering::Equal => "no".into(),
        std::cmp::Ordering::Greater => "-".into(),
    }
}

fn row(first: &str, cells: impl Iterator<Item = String>) -> String {
    let mut text = format!("{first:<20}");
    for cell in cells {
        let _ = write!(text, " {cell:<16}");
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selector::fixtures::facts;
    use crate::selector::{Candidate, Reason, Why};

    fn candidate(name: &str, servers: f64) -> Candidate {
        let facts = facts(name);
        Candidate { region: facts.region.clone(), facts, weighed: vec![("weight", 5.0), ("fewest_servers", -servers)] }
    }

    fn refused(name: &str, filter: &'static str, text: &str) -> Refused {
        Refused { region: name.into(), filter, reason: Reason { text: text.into(), why: Why::Unfit } }
    }

    #[test]
    fn every_filter_and_weigher_is_told() {
        let selection = Selection {
            candidates: vec![candidate("A", 1.0), candidate("B", 2.0)],
            refused: vec![refused("C", "image", "it has no image i for this project")],
            ..Selection::default()
        };
        let lines = lines(&["enabled", "image", "capacity"], &selection);
        let words: Vec<Vec<&str>> = lines.iter().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(words[0], ["FILTER", "A", "B", "C"]);
        assert_eq!(words[1], ["enabled", "yes", "yes", "yes"]);
        assert_eq!(words[2], ["image", "yes", "yes", "no"]);
        assert_eq!(words[3], ["capacity", "yes", "yes", "-"]);
        assert_eq!(lines[5], "C is out by image: it has no image i for this project");
        assert_eq!(words[7], ["WEIGHER", "A", "B"]);
        assert_eq!(words[9], ["fewest_servers", "-1", "-2"]);
        assert_eq!(lines[11], "the boot would go to A; then to: B");
    }

    #[test]
    fn no_region_is_told_too() {
        let selection = Selection {
            candidates: Vec::new(),
            refused: vec![refused("C", "enabled", "it is draining")],
            ..Selection::default()
        };
        let told = lines(&["enabled"], &selection);
        assert_eq!(told[3..], ["C is out by enabled: it is draining", "no region would take the boot"]);
        assert_eq!(lines(&["enabled"], &Selection::default()).len(), 1);
    }
}
