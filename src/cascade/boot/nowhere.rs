//! What becomes of a boot that no region takes.

use http::StatusCode;

use crate::error::Fault;
use crate::selector::{Kind, Reason, Refused, Selection, Why};

/// Nova's words; what follows them is ours.
const NO_VALID_HOST: &str = "No valid host was found.";

/// How it ends.
#[derive(Debug)]
pub enum Verdict {
    /// The request is refused, and there is no server.
    Refuse(Fault),
    /// A region is up and would do, but takes none now: as in Nova, a server in ERROR with this message.
    Strand(String),
}

/// The regions and why they did not take the server; those with one reason together.
#[must_use]
pub fn reasons(refused: &[Refused], tried: &[(String, Reason)]) -> String {
    // What a region said when it was asked counts for more.
    let unasked = refused.iter().filter(|refused| !tried.iter().any(|(region, _)| *region == refused.region));
    let filtered = unasked.map(|refused| (&refused.region, &refused.reason));
    let mut by_text: Vec<(&str, Vec<&str>)> = Vec::new();
    for (region, reason) in filtered.chain(tried.iter().map(|(region, reason)| (region, reason))) {
        match by_text.iter_mut().find(|(text, _)| *text == reason.text) {
            Some((_, regions)) => regions.push(region),
            None => by_text.push((&reason.text, vec![region])),
        }
    }
    by_text.iter().map(|(text, regions)| format!("{}: {text}", regions.join(", "))).collect::<Vec<_>>().join("; ")
}

/// The message of a server that no region takes.
#[must_use]
pub fn message(selection: &Selection, tried: &[(String, Reason)]) -> String {
    format!("{NO_VALID_HOST} {}", reasons(&selection.refused, tried))
}

/// 401 where a region did not accept the user's token, so that the client gets a new one and asks again; 503 where no
/// region that might take it could be asked; Nova's own 400 where a named thing is nowhere, or a zone or hint is such
/// that nothing will ever do. `named`: what the boot names.
#[must_use]
pub fn verdict(named: &[(Kind, String)], selection: &Selection, tried: &[(String, Reason)]) -> Verdict {
    if selection.refused.is_empty() && tried.is_empty() {
        let message = "No region is registered; the operator finds the cause in the log.";
        return Verdict::Refuse(Fault::unavailable(message));
    }
    let filtered = selection.refused.iter().map(|refused| &refused.reason);
    let any = |why| filtered.clone().chain(tried.iter().map(|(_, reason)| reason)).any(|reason| reason.why == why);
    if any(Why::Full) {
        return Verdict::Strand(message(selection, tried));
    }
    let why = reasons(&selection.refused, tried);
    if any(Why::Unauthorized) {
        return Verdict::Refuse(Fault::new(StatusCode::UNAUTHORIZED, format!("No region can take the server. {why}")));
    }
    if any(Why::Unreachable) {
        return Verdict::Refuse(Fault::unavailable(format!("No region can take the server now. {why}")));
    }
    Verdict::Refuse(unfit(named, selection, why))
}

/// A message about the thing of this id.
type Words = fn(&str) -> String;

/// What names things of a kind, by the filter that looks for them, and Nova's words where one is not there.
const MISSING: [(&str, Kind, Words); 6] = [
    ("image", Kind::Image, |_| "Can not find requested image".into()),
    ("network", Kind::Network, |id| format!("Network {id} could not be found.")),
    ("network", Kind::Port, |id| format!("Port id {id} could not be found.")),
    ("security_group", Kind::SecurityGroup, |id| format!("Unable to find security_group with name or id '{id}'")),
    ("volume", Kind::Volume, |id| format!("Block Device Mapping is Invalid: failed to get volume {id}.")),
    ("volume", Kind::Snapshot, |id| format!("Block Device Mapping is Invalid: failed to get snapshot {id}.")),
];

fn unfit(named: &[(Kind, String)], selection: &Selection, why: String) -> Fault {
    let filter = selection.refused.first().map_or("", |refused| refused.filter);
    let all_by_it = selection.refused.iter().all(|refused| refused.filter == filter);
    let words = MISSING.iter().filter(|(by, ..)| *by == filter && all_by_it).find_map(|(_, kind, words)| {
        let (_, id) = named.iter().find(|(of, _)| of == kind)?;
        Some(words(id))
    });
    match words {
        Some(message) => Fault::bad_request(message).with_detail(why),
        None => Fault::bad_request(format!("{NO_VALID_HOST} {why}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    fn refused(region: &str, text: &str, why: Why) -> Refused {
        Refused { region: region.into(), filter: "f", reason: Reason { text: text.into(), why } }
    }

    #[test]
    fn room_that_may_come_makes_a_server_and_a_region_that_cannot_be_asked_does_not() {
        let verdict = |refused: Vec<Refused>, tried: &[(String, Reason)]| {
            super::verdict(&[], &Selection { refused, ..Selection::default() }, tried)
        };
        let status = |verdict| match verdict {
            Verdict::Refuse(fault) => fault.status.as_u16(),
            Verdict::Strand(_) => 202,
        };
        let (full, down, unfit) = (Why::Full, Why::Unreachable, Why::Unfit);
        assert_eq!(status(verdict(vec![refused("a", "no room", full), refused("b", "down", down)], &[])), 202);
        assert_eq!(status(verdict(vec![refused("a", "down", down), refused("b", "no", unfit)], &[])), 503);
        assert_eq!(status(verdict(vec![refused("a", "no", unfit)], &[])), 400);
        assert_eq!(status(verdict(Vec::new(), &[])), 503);
        let expired = || refused("c", "expired", Why::Unauthorized);
        assert_eq!(status(verdict(vec![refused("a", "down", down), refused("b", "no", unfit), expired()], &[])), 401);
        assert_eq!(status(verdict(vec![refused("a", "no room", full), expired()], &[])), 202);
        let tried = [("c".to_owned(), Reason { text: "no room".into(), why: full })];
        let ended = verdict(vec![refused("a", "no room", full), refused("b", "down", down)], &tried);
        let told = "No valid host was found. a, c: no room; b: down";
        assert!(matches!(&ended, Verdict::Strand(message) if message == told), "{ended:?}");
    }
}
