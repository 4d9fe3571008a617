//! Scheduler hints (nova/api/openstack/compute/schemas/servers.py, `_hints`): what they name on top, and what that is
//! called in the region that a boot goes to. All others pass as they are.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::api::Call;
use crate::api::body::{invalid, printed, python};
use crate::cascade::server_groups::{self, missing};
use crate::db::server_groups::{ServerGroup, spread};
use crate::db::servers::{self, Placed};
use crate::error::{ApiResult, Fault};
use crate::regions::Region;
use crate::selector::{Group, HintedRegions};
use crate::views::server::document::{GROUP, MARKER, SERVERS, replace_ids};

/// Both names that Nova takes hints under; the first one present counts (servers.py, `create`).
const NAMES: [&str; 2] = ["os:scheduler_hints", "OS-SCH-HNT:scheduler_hints"];

/// On whose host a server is to be, and on whose it is not.
const SAME_HOST: &str = SERVERS[0];
const DIFFERENT_HOST: &str = SERVERS[1];

/// In which regions a server is to be, and in which it is not. The top's own: any Nova stores and shows a hint that it
/// does not know, so these go down as they are.
const REGION: &str = "region";
const DIFFERENT_REGION: &str = "different_region";

/// What the hints of a boot name on top.
#[derive(Clone, Debug, Default)]
pub struct Hinted {
    /// The server group to join.
    pub group: Option<ServerGroup>,
    /// How many of its servers are in each region.
    spread: BTreeMap<String, i64>,
    /// The servers named that the caller has.
    servers: Vec<Placed>,
    /// Those on whose host the new one is to be.
    same_host: Vec<String>,
    /// Regions by their names.
    pub regions: HintedRegions,
}

impl Hinted {
    /// Finds what the hints of a body name.
    ///
    /// # Errors
    /// 400 in Nova's words for hints that are malformed, and for a group that the caller does not see.
    pub async fn find(call: &Call, body: &Value) -> ApiResult<Self> {
        let named = Named::read(body)?;
        known(call, REGION, &named.regions.wanted)?;
        known(call, DIFFERENT_REGION, &named.regions.unwanted)?;
        let mut hinted = Self { same_host: named.same_host.clone(), regions: named.regions, ..Self::default() };
        if let Some(id) = &named.group {
            let group = server_groups::seen(call, id).await?.ok_or_else(|| Fault::bad_request(missing(id)))?;
            hinted.spread = spread(&call.app.db, &group.id).await?;
            hinted.group = Some(group);
        }
        let ids: Vec<&str> = named.same_host.iter().chain(&named.different_host).map(String::as_str).collect();
        if !ids.is_empty() {
            let own = (!call.identity.is_admin()).then_some(call.identity.project_id.as_str());
            hinted.servers = servers::placed(&call.app.db, &ids, own).await?;
        }
        Ok(hinted)
    }

    /// The group as the selector sees it.
    #[must_use]
    pub fn group_spread(&self) -> Option<Group> {
        let group = self.group.as_ref()?;
        Some(Group { policy: group.policy.clone(), spread: self.spread.clone() })
    }

    /// Regions of the servers on whose host the new one is to be; none where no server was named that is known.
    #[must_use]
    pub fn same_host_regions(&self) -> Vec<String> {
        let named = self.servers.iter().filter(|server| self.same_host.contains(&server.id));
        named.map(|server| server.region_id.clone()).collect()
    }

    /// Gives a body's hints the ids of a region, and the marker.
    pub fn localize(&self, body: &mut Value, region: &Region, local_group: Option<&str>, marker: &str) {
        let Some(object) = body.as_object_mut() else { return };
        let name = NAMES.into_iter().find(|name| object.contains_key(*name)).unwrap_or(NAMES[0]);
        let Some(hints) = object.entry(name).or_insert_with(|| json!({})).as_object_mut() else { return };
        if let (Some(local), Some(hint)) = (local_group, hints.get_mut(GROUP)) {
            *hint = json!(local);
        }
        let local = |id: &str| {
            let here = self.servers.iter().find(|server| server.id == id && server.region_id == region.id());
            here.map(|server| server.local_id.clone())
        };
        for name in SERVERS {
            replace_ids(hints.get_mut(name), local);
        }
        hints.insert(MARKER.into(), json!(marker));
    }
}

/// A boot's hints as Nova keeps and shows them: every value a list.
#[must_use]
pub fn kept(body: &Value) -> Value {
    let listed = |value: &Value| if value.is_array() { value.clone() } else { json!([value]) };
    let hints = given(body).and_then(|(_, hints)| hints.as_object()).into_iter().flatten();
    // Those of its own that a client says Nova takes out (nova/compute/api.py, `create`).
    let hints = hints.filter(|(name, _)| !name.starts_with("_nova"));
    Value::Object(hints.map(|(name, value)| (name.clone(), listed(value))).collect::<Map<_, _>>())
}

fn given(body: &Value) -> Option<(&'static str, &Value)> {
    NAMES.into_iter().find_map(|name| Some((name, body.get(name)?)))
}

/// Ids of the top in hints.
#[derive(Debug, Default, PartialEq, Eq)]
struct Named {
    group: Option<String>,
    same_host: Vec<String>,
    different_host: Vec<String>,
    regions: HintedRegions,
}

impl Named {
    fn read(body: &Value) -> ApiResult<Self> {
        let Some((name, value)) = given(body) else { return Ok(Self::default()) };
        let mistyped = || invalid(name, value, &format!("{} is not of type 'object'", python(value)));
        let hints = value.as_object().ok_or_else(mistyped)?;
        let mut groups = hints.get(GROUP).map_or(Ok(Vec::new()), |value| either(GROUP, value))?;
        if groups.len() > 1 {
            // Nova fails on these without words of its own.
            return Err(Fault::bad_request(missing(&printed(&hints[GROUP]))));
        }
        Ok(Self {
            group: groups.pop(),
            same_host: hints.get(SAME_HOST).map_or(Ok(Vec::new()), same_host)?,
            different_host: hints.get(DIFFERENT_HOST).map_or(Ok(Vec::new()), |v| either(DIFFERENT_HOST, v))?,
            regions: HintedRegions {
                wanted: hints.get(REGION).map_or(Ok(Vec::new()), |value| names(REGION, value))?,
                unwanted: hints.get(DIFFERENT_REGION).map_or(Ok(Vec::new()), |v| names(DIFFERENT_REGION, v))?,
            },
        })
    }
}

/// One name, or a list of names.
fn names(hint: &str, value: &Value) -> ApiResult<Vec<String>> {
    let items = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
    let names: Vec<String> = items.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    if names.len() == items.len() && !names.is_empty() {
        return Ok(names);
    }
    Err(invalid(hint, value, &format!("{} is not the name of a region, nor a list of such names", python(value))))
}

/// A name that is misspelt would pass as one more region that the server is not in.
fn known(call: &Call, hint: &str, names: &[String]) -> ApiResult<()> {
    match names.iter().find(|name| call.app.registry.by_name(name).is_none()) {
        Some(name) => Err(invalid(hint, &json!(names), &format!("There is no region {name}."))),
        None => Ok(()),
    }
}

fn is_uuid(value: &Value) -> bool {
    value.as_str().is_some_and(|text| Uuid::parse_str(text).is_ok())
}

/// One id, or a list of ids.
fn either(name: &str, value: &Value) -> ApiResult<Vec<String>> {
    let items = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
    if items.iter().all(is_uuid) {
        return Ok(items.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    }
    Err(invalid(name, value, &format!("{} is not valid under any of the given schemas", python(value))))
}

/// Any text, or a list of ids.
fn same_host(value: &Value) -> ApiResult<Vec<String>> {
    let Value::Array(items) = value else {
        let mistyped = || invalid(SAME_HOST, value, &format!("{} is not of type 'string', 'array'", python(value)));
        return Ok(vec![value.as_str().ok_or_else(mistyped)?.to_owned()]);
    };
    if let Some((index, item)) = items.iter().enumerate().find(|(_, item)| !is_uuid(item)) {
        let reason = if item.is_string() { "is not a 'uuid'" } else { "is not of type 'string'" };
        return Err(invalid(&index.to_string(), item, &format!("{} {reason}", python(item))));
    }
    Ok(items.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0b5a0e1f-16a5-4a5a-bd32-0d9a7a1d0001";

    #[test]
    fn hints_are_read_under_both_names_and_in_both_forms() {
        let named = |body: Value| Named::read(&body).expect("hints");
        let group = Named { group: Some(ID.into()), ..Named::default() };
        assert_eq!(named(json!({"os:scheduler_hints": {"group": ID}})), group);
        assert_eq!(named(json!({"OS-SCH-HNT:scheduler_hints": {"group": [ID]}})), group);
        assert_eq!(named(json!({"os:scheduler_hints": {"group": []}})), Named::default());
        let hosts = named(json!({"os:scheduler_hints": {"same_host": "x", "different_host": [ID, ID]}}));
        assert_eq!((hosts.same_host, hosts.different_host), (vec!["x".to_owned()], vec![ID.to_owned(); 2]));
        assert_eq!(named(json!({"server": {}})), Named::default());
        let regions = named(json!({"os:scheduler_hints": {"region": "A", "different_region": ["B", "C"]}})).regions;
        assert_eq!((regions.wanted, regions.unwanted), (vec!["A".to_owned()], vec!["B".to_owned(), "C".to_owned()]));
    }

    #[test]
    fn refusals_are_novas() {
        let none = "is not valid under any of the given schemas";
        for (hints, message) in [
            (json!([]), "os:scheduler_hints. Value: []. [] is not of type 'object'".to_owned()),
            (json!({"group": "xx"}), format!("group. Value: xx. 'xx' {none}")),
            (json!({"group": null}), format!("group. Value: None. None {none}")),
            (json!({"group": [5]}), format!("group. Value: [5]. [5] {none}")),
            (json!({"different_host": ["x"]}), format!("different_host. Value: ['x']. ['x'] {none}")),
            (json!({"same_host": 5}), "same_host. Value: 5. 5 is not of type 'string', 'array'".to_owned()),
            (json!({"same_host": ["x"]}), "0. Value: x. 'x' is not a 'uuid'".to_owned()),
            (json!({"same_host": [ID, 1]}), "1. Value: 1. 1 is not of type 'string'".to_owned()),
            (
                json!({"region": 5}),
                "region. Value: 5. 5 is not the name of a region, nor a list of such names".to_owned(),
            ),
            (
                json!({"different_region": []}),
                "different_region. Value: []. [] is not the name of a region, nor a list of such names".to_owned(),
            ),
        ] {
            let refused = Named::read(&json!({ "os:scheduler_hints": hints })).expect_err("refused").message;
            assert_eq!(refused, format!("Invalid input for field/attribute {message}"));
        }
        let two = Named::read(&json!({"os:scheduler_hints": {"group": [ID, ID]}})).expect_err("refused");
        assert_eq!(two.message, format!("Instance group ['{ID}', '{ID}'] could not be found."));
    }

    #[test]
    fn what_is_kept_are_lists() {
        let body = json!({"os:scheduler_hints": {"group": ID, "query": ["a"], "_nova_check_type": "x"}});
        assert_eq!(kept(&body), json!({"group": [ID], "query": ["a"]}));
        assert_eq!(kept(&json!({})), json!({}));
    }
}
