//! What happens to servers over time: boots, changes and deletes, at the pace that a test sets.

use std::sync::Arc;
use std::time::Duration;

use super::Nova;
use super::flavor::Flavor;
use super::server::Server;

/// When the region gets around to something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Before it answers.
    AtOnce,
    /// After this time.
    After(Duration),
    /// When the test calls [`Nova::finish`].
    ByHand,
}

/// How a boot ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BootOutcome {
    /// ACTIVE on a host.
    Active,
    /// ERROR without a host: the scheduler found none, the server sits in cell0.
    NoValidHost,
    /// ERROR on a host, with this message: the hypervisor failed.
    Failed(String),
}

/// What the region is about to do to a server.
#[derive(Clone, Debug)]
pub enum Pending {
    Boot(BootOutcome),
    Delete,
    /// Reach this vm state.
    Settle(&'static str),
    /// Wait for confirmation with another flavor.
    Resize(Arc<Flavor>),
}

impl Nova {
    /// Lets the region do what is pending on a server, at its pace.
    pub(super) fn schedule(&self, id: &str, pace: Pace) {
        match pace {
            Pace::AtOnce => self.finish(id),
            Pace::ByHand => {}
            Pace::After(time) => {
                let (nova, id) = (self.me.clone(), id.to_owned());
                tokio::spawn(async move {
                    tokio::time::sleep(time).await;
                    if let Some(nova) = nova.upgrade() {
                        nova.finish(&id);
                    }
                });
            }
        }
    }

    /// Does at once what is pending on a server: boots it, deletes it, ends its task.
    pub fn finish(&self, id: &str) {
        let now = self.now();
        let mut state = self.state.lock().unwrap();
        let Some(pending) = state.alter(id, |server| server.pending.take()).flatten() else { return };
        match pending {
            Pending::Boot(outcome) => {
                let host = self.pick_host(&state, id);
                state.change(id, now, |server| self.boot(server, outcome, host, now));
            }
            Pending::Delete => {
                let freed = state.change(id, now, |server| vanish(server, now)).flatten();
                if let Some(flavor) = freed {
                    self.placement.give(flavor.vcpus, flavor.ram, flavor.disk);
                }
                self.neutron.release(id);
            }
            Pending::Settle(vm_state) => {
                state.change(id, now, |server| server.settle(vm_state));
            }
            Pending::Resize(flavor) => {
                state.change(id, now, |server| {
                    server.old_flavor = Some(std::mem::replace(&mut server.flavor, flavor));
                    server.settle("resized");
                });
            }
        }
    }

    fn boot(&self, server: &mut Server, outcome: BootOutcome, host: Option<String>, now: i64) {
        match outcome {
            BootOutcome::Active if host.is_none() => {
                self.placement.give(server.flavor.vcpus, server.flavor.ram, server.flavor.disk);
                server.fail("No valid host was found. There are not enough hosts available.", now);
            }
            BootOutcome::Active => {
                server.settle("active");
                server.launched = Some(now);
                server.addresses = self.neutron.bind(&server.id, host.as_deref().unwrap_or_default());
                server.host = host;
                if server.zone.is_empty() {
                    server.zone = self.default_zone();
                }
            }
            BootOutcome::NoValidHost => {
                server.fail("No valid host was found. There are not enough hosts available.", now);
            }
            BootOutcome::Failed(message) => {
                server.host = host;
                server.fail(&message, now);
            }
        }
    }

    pub(super) fn default_zone(&self) -> String {
        self.settings.lock().unwrap().zones.first().cloned().unwrap_or_default()
    }
}

/// Makes a server a deleted one, which lists still show under `changes-since`. The room that it gives back.
fn vanish(server: &mut Server, now: i64) -> Option<Arc<Flavor>> {
    server.deleted = true;
    server.terminated = Some(now);
    server.settle("deleted");
    server.addresses = serde_json::json!({});
    server.host.as_ref().map(|_| Arc::clone(&server.flavor))
}
