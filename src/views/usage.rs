//! Usage of projects (nova/api/openstack/compute/simple_tenant_usage.py): hours that servers ran within a period, and
//! those times what their flavors have.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::db::clock::{SECOND, naive};
use crate::db::flavors::Flavor;
use crate::db::usage::Used;

/// From when to when; microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// Its start.
    pub start: i64,
    /// Its end.
    pub stop: i64,
}

/// What a server has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sizes {
    memory_mb: i64,
    local_gb: i64,
    vcpus: i64,
}

/// The part of a server's document that tells its sizes, from 2.47 on.
#[derive(Deserialize)]
struct Document {
    flavor: Embedded,
}

#[derive(Deserialize)]
struct Embedded {
    vcpus: i64,
    ram: i64,
    disk: i64,
    ephemeral: i64,
}

/// A server and its sizes, where they are known.
#[derive(Clone, Debug)]
pub struct Sized {
    row: Used,
    sizes: Option<Sizes>,
}

impl Sized {
    /// By the flavor embedded in its document.
    #[must_use]
    pub fn read(row: Used) -> Self {
        let document: Option<Document> = serde_json::from_str(&row.document).ok();
        let sizes = document.map(|Document { flavor }| Sizes {
            memory_mb: flavor.ram,
            local_gb: flavor.disk + flavor.ephemeral,
            vcpus: flavor.vcpus,
        });
        Self { row, sizes }
    }

    /// The server's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.row.id
    }

    /// True where the document does not tell, as that of a region before 2.47.
    #[must_use]
    pub fn is_unsized(&self) -> bool {
        self.sizes.is_none()
    }

    /// Takes the sizes of the flavor of that id on top, where there are none yet.
    pub fn fill(&mut self, flavors: &HashMap<String, Flavor>) {
        let flavor = flavors.get(&self.row.flavor_id);
        self.sizes = self.sizes.or_else(|| {
            flavor.map(|flavor| Sizes {
                memory_mb: flavor.ram_mb.into(),
                local_gb: i64::from(flavor.disk_gb) + i64::from(flavor.ephemeral_gb),
                vcpus: flavor.vcpus.into(),
            })
        });
    }

    /// Hours within the period.
    fn hours(&self, period: Period) -> f64 {
        let Some(launched_at) = self.row.launched_at.filter(|at| *at <= period.stop) else { return 0.0 };
        let ended_at = self.row.ended_at();
        if ended_at.is_some_and(|at| at < period.start) {
            return 0.0;
        }
        let start = launched_at.max(period.start);
        let stop = ended_at.map_or(period.stop, |at| at.min(period.stop));
        seconds(stop - start) / 3600.0
    }

    fn document(&self, hours: f64, now: i64) -> Value {
        let Used { id, name, project_id, vm_state, flavor_name, .. } = &self.row;
        let (started_at, ended_at) = (self.row.launched_at.unwrap_or(now), self.row.ended_at());
        let mut document = Map::new();
        let mut put = |key: &str, value: Value| document.insert(key.to_owned(), value);
        put("hours", json!(hours));
        put("flavor", json!(flavor_name));
        put("instance_id", json!(id));
        put("name", json!(name));
        put("tenant_id", json!(project_id));
        if let Some(sizes) = self.sizes {
            put("memory_mb", json!(sizes.memory_mb));
            put("local_gb", json!(sizes.local_gb));
            put("vcpus", json!(sizes.vcpus));
        }
        put("started_at", json!(naive(started_at)));
        put("ended_at", ended_at.map_or(Value::Null, |at| json!(naive(at))));
        put("state", json!(if ended_at.is_some() { "terminated" } else { vm_state }));
        put("uptime", json!((ended_at.unwrap_or(now) - started_at) / SECOND));
        Value::Object(document)
    }
}

/// As Python's `timedelta.total_seconds`: one division, rounded once.
#[expect(clippy::cast_precision_loss, reason = "microseconds of centuries are exact")]
fn seconds(micros: i64) -> f64 {
    micros as f64 / 1_000_000.0
}

/// The usage of each project; `servers` are in order of their projects.
#[must_use]
pub fn of_projects(servers: &[Sized], period: Period, detailed: bool, now: i64) -> Vec<Value> {
    servers
        .chunk_by(|a, b| a.row.project_id == b.row.project_id)
        .filter_map(|own| own.first().map(|first| of_project(&first.row.project_id, own, period, detailed, now)))
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "sizes are far below where a float is inexact")]
fn of_project(project_id: &str, servers: &[Sized], period: Period, detailed: bool, now: i64) -> Value {
    let mut totals = [0.0; 4];
    let mut documents = Vec::new();
    for server in servers {
        let hours = server.hours(period);
        let sizes = server.sizes.map_or([0; 3], |sizes| [sizes.local_gb, sizes.vcpus, sizes.memory_mb]);
        let factors = sizes.map(|size| size as f64).into_iter().chain([1.0]);
        for (total, factor) in totals.iter_mut().zip(factors) {
            *total += factor * hours;
        }
        if detailed {
            documents.push(server.document(hours, now));
        }
    }
    let mut usage = Map::new();
    usage.insert("tenant_id".into(), json!(project_id));
    if detailed {
        usage.insert("server_usages".into(), Value::Array(documents));
    }
    let names = ["total_local_gb_usage", "total_vcpus_usage", "total_memory_mb_usage", "total_hours"];
    usage.extend(names.into_iter().map(str::to_owned).zip(totals.map(|total| json!(total))));
    usage.insert("start".into(), json!(naive(period.start)));
    usage.insert("stop".into(), json!(naive(period.stop)));
    Value::Object(usage)
}
