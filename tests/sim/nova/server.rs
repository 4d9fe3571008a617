//! A server's record.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::boot::Pending;
use super::flavor::Flavor;
use super::status;
use super::view::Look;

/// What a failed server says of its failure.
#[derive(Clone, Debug)]
pub struct ServerFault {
    pub code: u16,
    pub message: String,
    pub created: i64,
}

/// One server. Times are whole seconds of the region's clock.
#[derive(Debug)]
pub struct Server {
    pub id: String,
    /// The database's number: the order of creation.
    pub seq: u64,
    pub name: String,
    pub description: Option<String>,
    pub hostname: String,
    pub project: String,
    pub user: String,
    pub created: i64,
    /// None renders as *now*, and `changes-since` never finds it.
    pub updated: Option<i64>,
    pub launched: Option<i64>,
    pub terminated: Option<i64>,
    pub vm_state: String,
    pub task_state: Option<String>,
    pub power_state: u8,
    pub host: Option<String>,
    /// What is shown of its host, if it has one.
    pub host_status: String,
    pub zone: String,
    pub pinned_zone: Option<String>,
    pub flavor: Arc<Flavor>,
    /// The flavor before a resize that is not confirmed.
    pub old_flavor: Option<Arc<Flavor>>,
    pub image: Option<String>,
    pub metadata: Map<String, Value>,
    pub key_name: Option<String>,
    pub config_drive: String,
    pub user_data: Option<String>,
    /// As stored: every value a list.
    pub hints: Map<String, Value>,
    /// Its server group.
    pub group: Option<String>,
    pub tags: Vec<String>,
    pub addresses: Value,
    pub security_groups: Vec<String>,
    pub volumes: Vec<String>,
    pub access_ip_v4: String,
    pub access_ip_v6: String,
    pub reservation_id: String,
    pub launch_index: usize,
    pub disk_config: String,
    pub locked: bool,
    pub locked_reason: Option<String>,
    pub fault: Option<ServerFault>,
    pub deleted: bool,
    /// Of its boot.
    pub request_id: String,
    /// What the region is about to do to it.
    pub pending: Option<Pending>,
    /// Rendered documents; cleared by each change.
    pub rendered: HashMap<Look, Arc<str>>,
}

impl Server {
    /// A server that starts to build.
    pub fn new(name: &str, project: &str, user: &str, flavor: Arc<Flavor>, now: i64) -> Self {
        Self {
            id: Uuid::new_v4().to_string(),
            seq: 0,
            name: name.into(),
            description: None,
            hostname: name.to_lowercase().replace(' ', "-"),
            project: project.into(),
            user: user.into(),
            created: now,
            updated: Some(now),
            launched: None,
            terminated: None,
            vm_state: "building".into(),
            task_state: Some("scheduling".into()),
            power_state: 0,
            host: None,
            host_status: "UP".into(),
            zone: String::new(),
            pinned_zone: None,
            flavor,
            old_flavor: None,
            image: None,
            metadata: Map::new(),
            key_name: None,
            config_drive: String::new(),
            user_data: None,
            hints: Map::new(),
            group: None,
            tags: Vec::new(),
            addresses: json!({}),
            security_groups: vec!["default".into()],
            volumes: Vec::new(),
            access_ip_v4: String::new(),
            access_ip_v6: String::new(),
            reservation_id: format!("r-{}", &Uuid::new_v4().simple().to_string()[..8]),
            launch_index: 0,
            disk_config: "MANUAL".into(),
            locked: false,
            locked_reason: None,
            fault: None,
            deleted: false,
            request_id: format!("req-{}", Uuid::new_v4()),
            pending: None,
            rendered: HashMap::new(),
        }
    }

    /// `ACTIVE`, `BUILD`, `DELETED`, …
    pub fn status(&self) -> &'static str {
        if self.deleted { "DELETED" } else { status::of(&self.vm_state, self.task_state.as_deref()) }
    }

    /// Reaches a vm state, with the power that goes with it and no task.
    pub fn settle(&mut self, vm_state: &str) {
        vm_state.clone_into(&mut self.vm_state);
        self.task_state = None;
        self.power_state = status::power(vm_state);
    }

    /// Fails with a message.
    pub fn fail(&mut self, message: &str, now: i64) {
        self.settle("error");
        self.fault = Some(ServerFault { code: 500, message: message.into(), created: now });
    }
}
