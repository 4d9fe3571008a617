//! `POST /servers/{id}/action`.

use serde_json::Value;

use super::super::http::Resp;
use super::boot::Pending;
use super::call::{Call, Handled};
use super::create;
use super::fault::{NovaFault, fault};
use super::server::Server;
use super::servers::wrapped;
use super::view::{Doc, render};

/// An action that only moves a server from state to state.
struct Move {
    key: &'static str,
    /// The name in the message of a conflict.
    verb: &'static str,
    from: &'static [&'static str],
    task: &'static str,
    to: &'static str,
}

const fn step(
    key: &'static str,
    verb: &'static str,
    from: &'static [&'static str],
    task: &'static str,
    to: &'static str,
) -> Move {
    Move { key, verb, from, task, to }
}

const MOVES: &[Move] = &[
    step("os-stop", "stop", &["active", "error"], "powering-off", "stopped"),
    step("os-start", "start", &["stopped"], "powering-on", "active"),
    step("pause", "pause", &["active"], "pausing", "paused"),
    step("unpause", "unpause", &["paused"], "unpausing", "active"),
    step("suspend", "suspend", &["active"], "suspending", "suspended"),
    step("resume", "resume", &["suspended"], "resuming", "active"),
    step("shelve", "shelve", &["active", "stopped", "paused", "suspended"], "shelving", "shelved_offloaded"),
    step("unshelve", "unshelve", &["shelved", "shelved_offloaded"], "unshelving", "active"),
    step("rescue", "rescue", &["active", "stopped", "error"], "rescuing", "rescued"),
    step("restore", "restore", &["soft-delete"], "restoring", "active"),
    step("unrescue", "unrescue", &["rescued"], "unrescuing", "active"),
];

/// Does the one action of the body.
pub fn act(call: &Call) -> Handled {
    let action = call.body.as_object().filter(|body| body.len() == 1).and_then(|body| body.iter().next());
    let Some((key, argument)) = action else { return Err(fault(400, "Malformed request body")) };
    if let Some(plain) = MOVES.iter().find(|plain| plain.key == key) {
        begin(call, plain.verb, plain.from, plain.task, Pending::Settle(plain.to))?;
        return Ok(Resp::empty(202));
    }
    match key.as_str() {
        "reboot" => reboot(call, argument),
        "resize" => resize(call, argument),
        "confirmResize" => end_resize(call, true),
        "revertResize" => end_resize(call, false),
        "rebuild" => rebuild(call, argument),
        "lock" => lock(call, true, argument),
        "unlock" => lock(call, false, argument),
        "os-resetState" => reset(call, argument),
        "forceDelete" => super::servers::delete(call).map(|_| Resp::empty(202)),
        _ => Err(fault(400, format!("There is no such action: {key}"))),
    }
}

/// Starts a task on a server that is in one of these states and has none; the region ends it at its pace.
fn begin(call: &Call, verb: &str, from: &[&str], task: &str, pending: Pending) -> Result<(), NovaFault> {
    call.need("member", &format!("os_compute_api:os-{verb}"))?;
    let id = call.param("id").to_owned();
    call.server(|server| may(call, server, verb, from))??;
    call.change(|server| {
        server.task_state = Some(task.into());
        server.pending = Some(pending);
    })?;
    let pace = call.nova.settings.lock().unwrap().changes;
    call.nova.schedule(&id, pace);
    Ok(())
}

fn may(call: &Call, server: &Server, verb: &str, from: &[&str]) -> Result<(), NovaFault> {
    let id = &server.id;
    if server.locked && !call.token.is_admin() {
        return Err(fault(409, format!("Instance {id} is locked")));
    }
    let conflict = |attribute: &str, state: &str| {
        fault(409, format!("Cannot '{verb}' instance {id} while it is in {attribute} {state}"))
    };
    if !from.contains(&server.vm_state.as_str()) {
        return Err(conflict("vm_state", &server.vm_state));
    }
    server.task_state.as_ref().map_or(Ok(()), |task| Err(conflict("task_state", task)))
}

fn reboot(call: &Call, argument: &Value) -> Handled {
    let hard = match argument["type"].as_str().unwrap_or_default().to_uppercase().as_str() {
        "HARD" => true,
        "SOFT" => false,
        _ => return Err(super::fault::invalid("type", &argument["type"], "It is none of SOFT and HARD")),
    };
    let (from, task): (&[&str], _) = if hard {
        (&["active", "stopped", "paused", "suspended", "error"], "rebooting_hard")
    } else {
        (&["active"], "rebooting")
    };
    begin(call, "reboot", from, task, Pending::Settle("active"))?;
    Ok(Resp::empty(202))
}

fn resize(call: &Call, argument: &Value) -> Handled {
    let Some(wanted) = argument.as_object().filter(|wanted| wanted.contains_key("flavorRef")) else {
        return Err(super::fault::invalid("resize", argument, "'flavorRef' is a required property"));
    };
    let flavor = create::flavor(call, wanted)?;
    if call.server(|server| server.flavor.id == flavor.id)? {
        return Err(fault(400, "When resizing, instances must change flavor!"));
    }
    begin(call, "resize", &["active", "stopped"], "resize_prep", Pending::Resize(flavor))?;
    Ok(Resp::empty(202))
}

fn end_resize(call: &Call, confirm: bool) -> Handled {
    let (verb, status) = if confirm { ("confirmResize", 204) } else { ("revertResize", 202) };
    call.need("member", &format!("os_compute_api:servers:{verb}"))?;
    call.server(|server| may(call, server, verb, &["resized"]))??;
    call.change(|server| {
        let old = server.old_flavor.take();
        if let Some(old) = old.filter(|_| !confirm) {
            server.flavor = old;
        }
        server.settle("active");
    })?;
    Ok(Resp::empty(status))
}

fn rebuild(call: &Call, argument: &Value) -> Handled {
    let image = argument["imageRef"].as_str().unwrap_or_default().to_owned();
    if !call.nova.glance.has(&image, &call.token) {
        return Err(fault(400, "Cannot find image for rebuild"));
    }
    let key_name = argument.get("key_name").filter(|_| call.minor >= 54);
    if let Some(name) = key_name.and_then(Value::as_str) {
        super::create::known_key_pair(call, name)?;
    }
    begin(call, "rebuild", &["active", "stopped", "error"], "rebuilding", Pending::Settle("active"))?;
    call.change(|server| {
        server.image = Some(image);
        if let Some(name) = key_name {
            server.key_name = name.as_str().map(ToOwned::to_owned);
        }
        if let Some(name) = argument["name"].as_str() {
            name.clone_into(&mut server.name);
        }
    })?;
    let (look, now) = (call.look(Doc::Rebuild), call.nova.now());
    call.server(|server| wrapped(202, &render(server, &look, now)))
}

fn lock(call: &Call, on: bool, argument: &Value) -> Handled {
    call.need("member", "os_compute_api:os-lock-server:lock")?;
    call.change(|server| {
        server.locked = on;
        let reason = argument["locked_reason"].as_str().filter(|_| on && call.minor >= 73);
        server.locked_reason = reason.map(ToOwned::to_owned);
    })?;
    Ok(Resp::empty(202))
}

fn reset(call: &Call, argument: &Value) -> Handled {
    call.need("admin", "os_compute_api:os-admin-actions:reset_state")?;
    let vm_state = if argument["state"] == "active" { "active" } else { "error" };
    call.change(|server| server.settle(vm_state))?;
    Ok(Resp::empty(202))
}
