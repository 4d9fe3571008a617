//! What is answered where no region takes a boot.

use std::fmt::Write as _;

use super::ask::Request;
use crate::error::Fault;
use crate::selector::{Refused, Selection, Why};

/// Every region and why it did not take the server.
pub fn reasons(refused: &[Refused], tried: &[(String, String)]) -> String {
    let mut text = String::new();
    let filtered = refused.iter().map(|refused| (&refused.region, &refused.reason.text));
    for (region, reason) in filtered.chain(tried.iter().map(|(region, reason)| (region, reason))) {
        let _ = write!(text, "{}{region}: {reason}", if text.is_empty() { "" } else { "; " });
    }
    text
}

/// No region takes it. 503 where one that might could not be asked; Nova's own 400 where a named thing is nowhere.
pub fn nowhere(request: &Request, selection: &Selection, tried: &[(String, String)]) -> Fault {
    let why = reasons(&selection.refused, tried);
    if selection.refused.is_empty() && tried.is_empty() {
        return Fault::unavailable("No region is registered; the operator finds the cause in the log.");
    }
    let unreachable = selection.refused.iter().any(|refused| refused.reason.why == Why::Unreachable);
    if unreachable || !tried.is_empty() {
        return Fault::unavailable(format!("No region can take the server now. {why}"));
    }
    let all_by = |filter: &str| selection.refused.iter().all(|refused| refused.filter == filter);
    if all_by("image") {
        return Fault::bad_request("Can not find requested image").with_detail(why);
    }
    if all_by("network") {
        let named =
            request.networks.first().map(|id| ("Network", id)).or_else(|| request.ports.first().map(|id| ("Port", id)));
        if let Some((kind, id)) = named {
            let message = if kind == "Port" {
                format!("Port id {id} could not be found.")
            } else {
                format!("Network {id} could not be found.")
            };
            return Fault::bad_request(message).with_detail(why);
        }
    }
    Fault::bad_request(format!("No valid host was found. {why}"))
}
