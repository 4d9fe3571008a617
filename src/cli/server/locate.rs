//! `server locate`

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::Value;

use super::super::{CliResult, say};
use crate::app::App;
use crate::cascade::locate;
use crate::sync;

/// Arguments of `server locate`.
#[derive(clap::Args)]
pub struct Args {
    /// Its id, on top or in a region.
    id: String,
    /// As JSON, like GET /v2.1/os-cascade/servers/ID gives it to admins.
    #[arg(long)]
    json: bool,
}

/// Prints it.
///
/// # Errors
/// No server has the id.
pub async fn run(args: Args, app: &Arc<App>) -> CliResult {
    app.load_regions().await.map_err(|e| e.to_string())?;
    if app.registry.all().is_empty() {
        sync::discover(app).await;
    }
    let found = locate::locate(app, &args.id).await.map_err(|e| e.to_string())?;
    let found = found.ok_or_else(|| {
        format!("no server has the id {}; `server audit` tells of servers that are in a region alone", args.id)
    })?;
    let text =
        if args.json { serde_json::to_string_pretty(&found).map_err(|e| e.to_string())? } else { table("", &found) };
    say(text.trim_end());
    Ok(())
}

/// Two columns; what stands inside of something has its name in front.
fn table(prefix: &str, value: &Value) -> String {
    let mut text = String::new();
    for (key, value) in value.as_object().into_iter().flatten() {
        let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            Value::Object(_) => text += &table(&key, value),
            Value::Array(items) if items.iter().any(Value::is_object) => {
                for (number, item) in items.iter().enumerate() {
                    text += &table(&format!("{key}[{number}]"), item);
                }
            }
            Value::Null => {
                let _ = writeln!(text, "{key:<28} -");
            }
            Value::String(word) => {
                let _ = writeln!(text, "{key:<28} {word}");
            }
            other => {
                let _ = writeln!(text, "{key:<28} {other}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_table_names_what_stands_inside() {
        let found = json!({"id": "s", "host": null, "ports": [{"id": "p", "fixed_ips": [{"ip_address": "10.0.0.2"}]}],
            "row": {"settled": true}, "none": []});
        let table = table("", &found);
        let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
        let expected = [
            ["id", "s"],
            ["host", "-"],
            ["ports[0].id", "p"],
            ["ports[0].fixed_ips[0].ip_address", "10.0.0.2"],
            ["row.settled", "true"],
            ["none", "[]"],
        ];
        assert_eq!(lines, expected);
    }
}
