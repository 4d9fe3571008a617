//! What tests do to a Nova behind the API's back, and what they may look at.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::super::journal::{Journal, Seen};
use super::boot::{BootOutcome, Pace, Pending};
use super::create::Created;
use super::flavor::Flavor;
use super::keypairs::KeyPair;
use super::server::Server;
use super::{Nova, nics};

/// Settings.
impl Nova {
    /// The newest microversion, as the `96` of 2.96.
    pub fn set_max_minor(&self, minor: u32) {
        self.settings.lock().unwrap().max_minor = minor;
    }

    /// How fast boots go.
    pub fn set_boot_pace(&self, pace: Pace) {
        self.settings.lock().unwrap().boots = pace;
    }

    /// How fast actions go.
    pub fn set_action_pace(&self, pace: Pace) {
        self.settings.lock().unwrap().changes = pace;
    }

    /// How fast deletes go.
    pub fn set_delete_pace(&self, pace: Pace) {
        self.settings.lock().unwrap().deletes = pace;
    }

    /// How the next boots end, in this order; later ones by the room that is left.
    pub fn next_boots(&self, outcomes: impl IntoIterator<Item = BootOutcome>) {
        self.settings.lock().unwrap().outcomes.extend(outcomes);
    }

    /// The zones, the default one first.
    pub fn set_zones(&self, zones: &[&str]) {
        self.settings.lock().unwrap().zones = zones.iter().map(ToString::to_string).collect();
    }

    /// What its class of default limits says of a resource.
    pub fn set_class_limit(&self, resource: &str, limit: i64) {
        self.settings.lock().unwrap().class_limits.insert(resource.to_owned(), limit.into());
    }

    /// All of its class of default limits.
    pub fn class_limits(&self) -> serde_json::Map<String, serde_json::Value> {
        self.settings.lock().unwrap().class_limits.clone()
    }

    /// Zones whose hosts are all disabled.
    pub fn close_zones(&self, zones: &[&str]) {
        self.settings.lock().unwrap().closed_zones = zones.iter().map(ToString::to_string).collect();
    }

    /// The hosts that there are.
    pub fn hosts(&self) -> Vec<String> {
        self.settings.lock().unwrap().hosts.clone()
    }

    /// Hosts whose nova-compute is down. The scheduler does not know it yet.
    pub fn stop_computes(&self, hosts: &[String]) {
        self.settings.lock().unwrap().silent_hosts = hosts.to_vec();
    }

    /// A quota of instances for every project.
    pub fn set_quota_instances(&self, limit: Option<usize>) {
        self.settings.lock().unwrap().quota_instances = limit;
    }

    /// Adds or replaces a flavor.
    pub fn put_flavor(&self, flavor: Flavor) {
        self.flavors.lock().unwrap().insert(flavor.id.clone(), Arc::new(flavor));
    }

    /// Removes a flavor; servers keep theirs.
    pub fn remove_flavor(&self, id: &str) {
        self.flavors.lock().unwrap().remove(id);
    }

    /// All flavors, by id.
    pub fn flavors(&self) -> Vec<Arc<Flavor>> {
        self.flavors.lock().unwrap().values().cloned().collect()
    }

    /// Adds a key pair, as its user did.
    pub fn put_keypair(&self, pair: KeyPair) {
        self.keypairs.lock().unwrap().push(pair);
    }

    /// Removes all key pairs, as their users did.
    pub fn remove_keypairs(&self) {
        self.keypairs.lock().unwrap().clear();
    }

    /// All key pairs.
    pub fn keypairs(&self) -> Vec<KeyPair> {
        self.keypairs.lock().unwrap().clone()
    }
}

/// Servers.
impl Nova {
    /// Adds this many ACTIVE servers to demo's project, with a port each; their ids, oldest first.
    pub fn add_servers(&self, count: usize) -> Vec<String> {
        (1..=count).map(|number| self.add_server("demo", &format!("server-{number}"))).collect()
    }

    /// Adds an ACTIVE server of a user, which no request made: a stranger to the proxy.
    pub fn add_server(&self, user: &str, name: &str) -> String {
        self.add_server_with(user, name, |_| {})
    }

    /// As [`Self::add_server`], with a change before lists can see it.
    pub fn add_server_with(&self, user: &str, name: &str, change: impl FnOnce(&mut Server)) -> String {
        let token = self.keystone.stand_in(user);
        let flavor = self.flavors.lock().unwrap().values().next().cloned().expect("a flavor");
        let now = self.now();
        let mut server = Server::new(name, token.project_id(), &token.user.id, flavor, now);
        server.image = self.glance.any();
        let networks = nics::wanted(self, &token, None).unwrap_or_default();
        self.neutron.attach(&server.id, &token, &networks);
        server.pending = Some(Pending::Boot(BootOutcome::Active));
        let id = self.state.lock().unwrap().insert(server);
        self.finish(&id);
        self.state.lock().unwrap().alter(&id, change);
        id
    }

    /// Boots a server that is still building: [`Self::finish`] by the name that tests of boots read.
    pub fn finish_boot(&self, id: &str) {
        self.finish(id);
    }

    /// Puts a server into a vm state without a task, with the power that goes with it.
    pub fn set_status(&self, id: &str, vm_state: &str) {
        self.edit(id, |server| server.settle(vm_state));
    }

    /// Gives a server a task, as `powering-off`, or takes it away.
    pub fn set_task(&self, id: &str, task: Option<&str>) {
        self.edit(id, |server| server.task_state = task.map(ToOwned::to_owned));
    }

    /// Fails a server.
    pub fn fail(&self, id: &str, message: &str) {
        let now = self.now();
        self.edit(id, |server| server.fail(message, now));
    }

    /// Another name.
    pub fn rename(&self, id: &str, name: &str) {
        self.edit(id, |server| name.clone_into(&mut server.name));
    }

    /// Any change, which touches `updated`.
    pub fn edit(&self, id: &str, change: impl FnOnce(&mut Server)) {
        let now = self.now();
        self.state.lock().unwrap().change(id, now, change).expect("a known server");
    }

    /// Any change that leaves `updated` as it was, unless it sets it.
    pub fn edit_quietly(&self, id: &str, change: impl FnOnce(&mut Server)) {
        self.state.lock().unwrap().alter(id, change).expect("a known server");
    }

    /// Deletes a server, which stays listed under `changes-since`.
    pub fn delete(&self, id: &str) {
        self.edit_quietly(id, |server| server.pending = Some(Pending::Delete));
        self.finish(id);
    }

    /// Lets the nova-compute of a host report (again), or not: its servers' `updated` stays.
    pub fn set_host_up(&self, host: &str, up: bool) {
        let mut settings = self.settings.lock().unwrap();
        settings.silent_hosts.retain(|silent| silent != host);
        if !up {
            settings.silent_hosts.push(host.to_owned());
        }
        drop(settings);
        for id in self.ids() {
            self.edit_quietly(&id, |server| {
                if server.host.as_deref() == Some(host) {
                    server.host_status = if up { "UP" } else { "UNKNOWN" }.into();
                }
            });
        }
    }

    /// Makes a server vanish without a trace, as one that is deleted while still being scheduled.
    pub fn purge(&self, id: &str) {
        self.state.lock().unwrap().purge(id);
        self.neutron.release(id);
    }

    /// Looks at a server, deleted or not.
    pub fn inspect<T>(&self, id: &str, look: impl FnOnce(&Server) -> T) -> Option<T> {
        self.state.lock().unwrap().get(id).map(look)
    }

    /// A server's status, `DELETED` included; none for one that never was.
    pub fn status(&self, id: &str) -> Option<&'static str> {
        self.inspect(id, Server::status)
    }

    /// The ids of all servers that are not deleted.
    pub fn ids(&self) -> Vec<String> {
        let state = self.state.lock().unwrap();
        state.iter().filter(|server| !server.deleted).map(|server| server.id.clone()).collect()
    }
}

/// What was asked.
impl Nova {
    /// The bodies of all creates, refused ones too.
    pub fn created_bodies(&self) -> Vec<Value> {
        self.created().into_iter().map(|created| created.body).collect()
    }

    /// All creates, with headers and the servers made.
    pub fn created(&self) -> Vec<Created> {
        self.created.lock().unwrap().clone()
    }

    /// Requests by `METHOD /template`.
    pub fn requests(&self) -> BTreeMap<String, u64> {
        self.journal.counts()
    }

    /// Requests to one `METHOD /template`.
    pub fn count(&self, route: &str) -> u64 {
        self.journal.count(route)
    }

    /// The latest requests to one `METHOD /template`, oldest first.
    pub fn seen_on(&self, route: &str) -> Vec<Seen> {
        self.journal.seen_on(route)
    }

    /// The record of requests.
    pub fn record(&self) -> &Journal {
        &self.journal
    }
}
