//! Making flavors, and what hangs on them: access and extra specs.

use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use super::super::http::Resp;
use super::call::{Call, Handled};
use super::fault::{NovaFault, fault, invalid};
use super::flavor::{Flavor, document, find, not_found};

/// `POST /flavors`
pub fn create(call: &Call) -> Handled {
    call.need("admin", "os_compute_api:os-flavor-manage:create")?;
    let wanted = &call.body["flavor"];
    let number = |key: &str| match &wanted[key] {
        Value::String(text) => text.parse().ok(),
        value => value.as_u64(),
    };
    let required =
        |key: &str| number(key).ok_or_else(|| invalid("flavor", wanted, &format!("'{key}' is a required property")));
    let Some(name) = wanted["name"].as_str() else {
        return Err(invalid("flavor", wanted, "'name' is a required property"));
    };
    let id = match &wanted["id"] {
        Value::String(id) if id != "auto" => id.clone(),
        Value::Number(id) => id.to_string(),
        _ => Uuid::new_v4().to_string(),
    };
    let mut flavor = Flavor::new(&id, name, required("vcpus")?, required("ram")?, required("disk")?);
    flavor.ephemeral = number("OS-FLV-EXT-DATA:ephemeral").unwrap_or(0);
    flavor.swap = number("swap").unwrap_or(0);
    flavor.is_public = wanted["os-flavor-access:is_public"].as_bool().unwrap_or(true);
    flavor.description = wanted["description"].as_str().filter(|_| call.minor >= 55).map(ToOwned::to_owned);
    let mut flavors = call.nova.flavors.lock().unwrap();
    if flavors.values().any(|other| other.name == name) {
        return Err(fault(409, format!("Flavor with name {name} already exists.")));
    }
    if flavors.contains_key(&id) {
        return Err(fault(409, format!("Flavor with ID {id} already exists.")));
    }
    let shown = document(call, &flavor);
    flavors.insert(id, Arc::new(flavor));
    Ok(Resp::json(200, &json!({ "flavor": shown })))
}

/// `PUT /flavors/{id}`: the description alone may change.
pub fn describe(call: &Call) -> Handled {
    call.need("admin", "os_compute_api:os-flavor-manage:update")?;
    let text = call.body["flavor"]["description"].as_str().map(ToOwned::to_owned);
    let flavor = change(call, |flavor| {
        flavor.description = text;
        Ok(())
    })?;
    Ok(Resp::json(200, &json!({"flavor": document(call, &flavor)})))
}

/// `DELETE /flavors/{id}`
pub fn delete(call: &Call) -> Handled {
    call.need("admin", "os_compute_api:os-flavor-manage:delete")?;
    let removed = call.nova.flavors.lock().unwrap().remove(call.param("id"));
    removed.map(|_| Resp::empty(202)).ok_or_else(|| not_found(call.param("id")))
}

/// `GET /flavors/{id}/os-flavor-access`
pub fn access(call: &Call) -> Handled {
    call.need("admin", "os_compute_api:os-flavor-access")?;
    let flavor = find(call)?;
    if flavor.is_public {
        return Err(fault(404, "Access list not available for public flavors."));
    }
    Ok(access_list(&flavor))
}

/// `POST /flavors/{id}/action`: gives or takes a project's access.
pub fn act(call: &Call) -> Handled {
    let action = call.body.as_object().and_then(|body| body.iter().next());
    let Some((key, argument)) = action else { return Err(fault(400, "Malformed request body")) };
    let project = argument["tenant"].as_str().unwrap_or_default().to_owned();
    let id = call.param("id");
    match key.as_str() {
        "addTenantAccess" => {
            call.need("admin", "os_compute_api:os-flavor-access:add_tenant_access")?;
            let flavor = change(call, |flavor| {
                if flavor.is_public && call.minor >= 7 {
                    return Err(fault(409, "Can not add access to a public flavor."));
                }
                if flavor.projects.insert(project.clone()) {
                    return Ok(());
                }
                let message =
                    format!("Flavor access already exists for flavor {id} and project {project} combination.");
                Err(fault(409, message))
            })?;
            Ok(access_list(&flavor))
        }
        "removeTenantAccess" => {
            call.need("admin", "os_compute_api:os-flavor-access:remove_tenant_access")?;
            let flavor = change(call, |flavor| {
                if flavor.projects.remove(&project) {
                    return Ok(());
                }
                Err(fault(404, format!("Flavor access not found for {id} / {project} combination.")))
            })?;
            Ok(access_list(&flavor))
        }
        _ => Err(fault(400, format!("There is no such action: {key}"))),
    }
}

fn access_list(flavor: &Flavor) -> Resp {
    let entry = |project: &String| json!({"flavor_id": flavor.id, "tenant_id": project});
    let entries: Vec<Value> = flavor.projects.iter().map(entry).collect();
    Resp::json(200, &json!({ "flavor_access": entries }))
}

/// Changes the flavor of the path. Servers keep the flavor that they were booted with.
fn change(call: &Call, change: impl FnOnce(&mut Flavor) -> Result<(), NovaFault>) -> Result<Arc<Flavor>, NovaFault> {
    let mut flavors = call.nova.flavors.lock().unwrap();
    let flavor = flavors.get_mut(call.param("id")).ok_or_else(|| not_found(call.param("id")))?;
    let mut changed = Flavor::clone(flavor);
    change(&mut changed)?;
    *flavor = Arc::new(changed);
    Ok(Arc::clone(flavor))
}

/// `GET /flavors/{id}/os-extra_specs`
pub fn specs(call: &Call) -> Handled {
    Ok(Resp::json(200, &json!({"extra_specs": find(call)?.extra_specs})))
}

/// `POST /flavors/{id}/os-extra_specs`
pub fn add_specs(call: &Call) -> Handled {
    call.need("admin", "os_compute_api:os-flavor-extra-specs:create")?;
    let given = call.body["extra_specs"].as_object().cloned().unwrap_or_default();
    change(call, |flavor| {
        flavor.extra_specs.extend(given.iter().map(|(key, value)| (key.clone(), text(value))));
        Ok(())
    })?;
    Ok(Resp::json(200, &call.body))
}

/// `GET /flavors/{id}/os-extra_specs/{key}`
pub fn spec(call: &Call) -> Handled {
    let (flavor, key) = (find(call)?, call.param("key"));
    let value = flavor.extra_specs.get(key).ok_or_else(|| no_spec(call))?;
    Ok(Resp::json(200, &json!({ key: value })))
}

/// `PUT /flavors/{id}/os-extra_specs/{key}`
pub fn set_spec(call: &Call) -> Handled {
    call.need("admin", "os_compute_api:os-flavor-extra-specs:update")?;
    let key = call.param("key");
    let Some(value) = call.body.get(key) else { return Err(fault(400, "Request body and URI mismatch")) };
    change(call, |flavor| {
        flavor.extra_specs.insert(key.into(), text(value));
        Ok(())
    })?;
    Ok(Resp::json(200, &call.body))
}

/// `DELETE /flavors/{id}/os-extra_specs/{key}`
pub fn delete_spec(call: &Call) -> Handled {
    call.need("admin", "os_compute_api:os-flavor-extra-specs:delete")?;
    change(call, |flavor| flavor.extra_specs.remove(call.param("key")).map(|_| ()).ok_or_else(|| no_spec(call)))?;
    Ok(Resp::empty(200))
}

fn no_spec(call: &Call) -> NovaFault {
    let (id, key) = (call.param("id"), call.param("key"));
    fault(404, format!("Flavor {id} has no extra specs with key {key}."))
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}
