//! Usage of projects (`nova/api/openstack/compute/simple_tenant_usage.py`): hours that servers ran within a period, and
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::clock;

    fn server(number: u8, project: &str, flavor: &str, vm_state: &str, ran: (&str, Option<&str>)) -> Sized {
        let time = |text: &str| clock::parse(text).expect("a time");
        let sizes = match flavor {
            "m1.tiny" => json!({"vcpus": 1, "ram": 512, "disk": 1, "ephemeral": 0, "swap": 0}),
            "m1.small" => json!({"vcpus": 1, "ram": 2048, "disk": 20, "ephemeral": 0, "swap": 0}),
            _ => json!({"vcpus": 2, "ram": 4096, "disk": 40, "ephemeral": 10, "swap": 0}),
        };
        Sized::read(Used {
            id: format!("a0000000-0000-4000-8000-00000000000{number}"),
            name: format!("s{number}"),
            project_id: project.into(),
            vm_state: vm_state.into(),
            flavor_id: "f".into(),
            flavor_name: flavor.into(),
            launched_at: Some(time(ran.0)),
            terminated_at: ran.1.map(time),
            deleted_at: None,
            document: json!({"id": "x", "flavor": sizes, "tags": []}).to_string(),
        })
    }

    /// Values that Nova 34's own controller computed of the same servers.
    #[test]
    fn the_arithmetic_is_novas() {
        let servers = [
            server(1, "p1", "m1.tiny", "deleted", ("2026-11-01T00:00:00", Some("2026-11-10T12:34:56"))),
            server(2, "p1", "m1.medium", "active", ("2026-11-09T07:13:22", None)),
            server(3, "p2", "m1.small", "shelved_offloaded", ("2025-01-01T00:00:00", None)),
            server(4, "p2", "m1.small", "stopped", ("2026-11-20T10:00:01", None)),
        ];
        let time = |text: &str| clock::parse(text).expect("a time");
        let now = time("2026-11-23T15:05:44.123456");
        let of = |start: &str, stop: &str| {
            let usages = of_projects(&servers, Period { start: time(start), stop: time(stop) }, true, now);
            let total = |usage: &Value| {
                let keys = ["total_local_gb_usage", "total_vcpus_usage", "total_memory_mb_usage", "total_hours"];
                keys.map(|key| usage[key].to_string()).join(" ")
            };
            let servers = |usage: &Value| {
                let servers = usage["server_usages"].as_array().cloned().unwrap_or_default();
                let of = |server: &Value| format!("{} {} {}", server["hours"], server["state"], server["uptime"]);
                servers.iter().map(of).collect::<Vec<_>>().join(" ")
            };
            usages.iter().map(|usage| format!("{} {}", total(usage), servers(usage))).collect::<Vec<_>>()
        };
        assert_eq!(
            of("2026-11-10T00:00:00.25", "2026-11-20T10:00:00.750001"),
            [
                "12512.58909723611 512.5824305561111 1030442.6311122489 262.58229166694446 \
                 12.582152777777777 \"terminated\" 822896 250.00013888916666 \"active\" 1237942",
                "5000.002777783333 250.00013888916666 512000.2844450133 250.00013888916666 \
                 250.00013888916666 \"shelved_offloaded\" 59756744 0.0 \"stopped\" 277543",
            ]
        );
        assert_eq!(
            of("2026-11-10T12:34:57", "2026-11-23T15:05:44.123456"),
            [
                "15725.654492444442 629.0261796977777 1288245.6160210487 314.51308984888885 \
                 0.0 \"terminated\" 822896 314.51308984888885 \"active\" 1237942",
                "7832.168038399999 391.60840191999995 802014.0071321599 391.60840191999995 \
                 314.51308984888885 \"shelved_offloaded\" 59756744 77.09531207111111 \"stopped\" 277543",
            ]
        );
    }

    #[test]
    fn a_server_is_written_as_nova_does() {
        let server = server(2, "p1", "m1.medium", "active", ("2026-11-09T07:13:22", None));
        let now = clock::parse("2026-11-09T07:13:24.9").expect("a time");
        let text = server.document(1.5, now).to_string();
        let expected = "{\"hours\":1.5,\"flavor\":\"m1.medium\",\
            \"instance_id\":\"a0000000-0000-4000-8000-000000000002\",\"name\":\"s2\",\"tenant_id\":\"p1\",\
            \"memory_mb\":4096,\"local_gb\":50,\"vcpus\":2,\"started_at\":\"2026-11-09T07:13:22.000000\",\
            \"ended_at\":null,\"state\":\"active\",\"uptime\":2}";
        assert_eq!(text, expected);
    }
}
