//! The difference between a flavor of the top and what a region has of it, and mending it.

use serde_json::{Map, Value};

use super::bring::Wanted;
use super::remote;
use crate::db::flavors::Flavor;
use crate::regions::CallError;
use crate::regions::nova::RegionApi;

/// What is otherwise, but for who may use it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Difference {
    /// To be set.
    set: Map<String, Value>,
    /// Keys that are too much.
    unset: Vec<String>,
    /// The description is another.
    description: bool,
}

impl Difference {
    pub fn between(wanted: &Flavor, there: &Flavor, described: bool) -> Self {
        let (wanted_specs, specs) = (wanted.specs(), there.specs());
        let set = wanted_specs.iter().filter(|(key, value)| specs.get(*key) != Some(value));
        Self {
            set: set.map(|(key, value)| (key.clone(), value.clone())).collect(),
            unset: specs.keys().filter(|key| !wanted_specs.contains_key(*key)).cloned().collect(),
            description: described && wanted.description != there.description,
        }
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Brings what is there to what is wanted; what was changed.
pub(super) async fn mend(api: &RegionApi, wanted: &Wanted, there: &Flavor) -> Result<Vec<String>, CallError> {
    let difference = Difference::between(&wanted.flavor, there, remote::has_descriptions(api));
    let mut done = Vec::new();
    if !difference.set.is_empty() {
        let keys: Vec<&str> = difference.set.keys().map(String::as_str).collect();
        done.push(format!("set {}", keys.join(", ")));
        remote::set_specs(api, &there.id, &difference.set).await?;
    }
    for key in difference.unset {
        if remote::unset_spec(api, &there.id, &key).await? {
            done.push(format!("unset {key}"));
        }
    }
    if difference.description {
        remote::describe(api, &there.id, wanted.flavor.description.as_deref()).await?;
        done.push("set the description".into());
    }
    if !wanted.flavor.is_public {
        let projects = remote::access(api, &there.id).await?;
        for project in wanted.projects.iter().filter(|project| !projects.contains(project)) {
            if remote::grant(api, &there.id, project).await? {
                done.push(format!("gave access to {project}"));
            }
        }
        for project in projects.iter().filter(|project| !wanted.projects.contains(project)) {
            if remote::revoke(api, &there.id, project).await? {
                done.push(format!("took access from {project}"));
            }
        }
    }
    Ok(done)
}
