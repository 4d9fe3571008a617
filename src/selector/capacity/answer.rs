//! What the answers of Placement and of `os-services` say.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Room;

/// The room in an answer of `GET /allocation_candidates`: on each host as many as the scarcest thing allows. Hosts that
/// share a pool are counted as if each had it alone, so this is an estimate there.
pub(super) fn count(answer: &Value) -> Option<Room> {
    let candidates = answer["allocation_requests"].as_array()?;
    let summaries = &answer["provider_summaries"];
    let mut hosts: BTreeMap<&str, u64> = BTreeMap::new();
    for candidate in candidates {
        let allocations = candidate["allocations"].as_object()?;
        let fits = allocations.iter().filter_map(|(provider, wanted)| fits(&summaries[provider], wanted)).min();
        let root = allocations
            .keys()
            .next()
            .map(|provider| summaries[provider]["root_provider_uuid"].as_str().unwrap_or(provider));
        // A host that can give it in several ways is a candidate several times.
        if let (Some(root), Some(fits)) = (root, fits) {
            let best = hosts.entry(root).or_default();
            *best = fits.max(*best);
        }
    }
    Some(match hosts.values().fold(0_u64, |sum, fits| sum.saturating_add(*fits)) {
        0 if candidates.is_empty() => Room::Full,
        // Candidates are room, whatever the summaries say of it.
        sum => Room::Fits(sum.max(1)),
    })
}

/// How often one provider can give what is wanted of it.
fn fits(summary: &Value, wanted: &Value) -> Option<u64> {
    let each = wanted["resources"].as_object()?.iter().filter_map(|(class, amount)| {
        let held = &summary["resources"][class];
        let free = held["capacity"].as_u64()?.saturating_sub(held["used"].as_u64()?);
        free.checked_div(amount.as_u64()?)
    });
    each.min()
}

/// A refusal that tells of a trait or resource class that is not known there: its last line.
pub(super) fn lacks(message: &str) -> Option<String> {
    let line = message.lines().map(str::trim).rfind(|line| !line.is_empty())?;
    let end = ["No such trait", "No such resource class"].iter().find_map(|words| line.find(words))?;
    Some(line[end..].trim_end_matches('.').to_owned())
}

/// The zones of the services that are enabled and up.
pub(super) fn computes_up(answer: &Value) -> Vec<String> {
    let services = answer["services"].as_array().into_iter().flatten();
    let up = services.filter(|service| service["status"] == "enabled" && service["state"] == "up");
    up.map(|service| service["zone"].as_str().unwrap_or_default().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn summary(root: &str, vcpus: (u64, u64), ram: (u64, u64)) -> Value {
        let held = |(capacity, used): (u64, u64)| json!({"capacity": capacity, "used": used});
        json!({"resources": {"VCPU": held(vcpus), "MEMORY_MB": held(ram)}, "root_provider_uuid": root})
    }

    fn candidate(provider: &str) -> Value {
        json!({"allocations": {provider: {"resources": {"VCPU": 2, "MEMORY_MB": 512}}}})
    }

    #[test]
    fn room_is_what_the_scarcest_thing_of_each_host_allows() {
        let answer = json!({
            "allocation_requests": [candidate("a"), candidate("b"), candidate("a")],
            "provider_summaries": {"a": summary("a", (16, 6), (4096, 0)), "b": summary("b", (64, 0), (2048, 1024))},
        });
        assert_eq!(count(&answer), Some(Room::Fits(5 + 2)));
        assert_eq!(count(&json!({"allocation_requests": [], "provider_summaries": {}})), Some(Room::Full));
        let bare = json!({"allocation_requests": [candidate("a")], "provider_summaries": {}});
        assert_eq!(count(&bare), Some(Room::Fits(1)), "a candidate is room");
        assert_eq!(count(&json!({"welcome": 1})), None);
    }

    #[test]
    fn placement_says_what_a_region_does_not_know() {
        let told = |end: &str| format!("The server could not comply with the request.\n\n {end}  ");
        assert_eq!(lacks(&told("No such trait(s): CUSTOM_X.")).as_deref(), Some("No such trait(s): CUSTOM_X"));
        let class = told("Invalid resource class in resources parameter: No such resource class CUSTOM_GPU.");
        assert_eq!(lacks(&class).as_deref(), Some("No such resource class CUSTOM_GPU"));
        assert_eq!(lacks(&told("Badly formed resources parameter.")), None);
        assert_eq!(lacks(""), None);
    }

    #[test]
    fn a_compute_is_up_where_it_is_enabled_too() {
        let service = |status: &str, state: &str, zone: &str| json!({"status": status, "state": state, "zone": zone});
        let answer = json!({"services": [
            service("enabled", "up", "a"), service("disabled", "up", "b"), service("enabled", "down", "c"),
        ]});
        assert_eq!(computes_up(&answer), ["a"]);
        assert!(computes_up(&json!({})).is_empty());
    }
}
