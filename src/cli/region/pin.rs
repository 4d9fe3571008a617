//! `region pin`

use std::sync::Arc;

use super::super::{CliResult, actor, region, say};
use crate::app::App;
use crate::db::{audit, project_regions};

/// Makes a rule, or takes it away, and tells what holds for the project then.
pub(super) async fn run(app: &Arc<App>, project: &str, name: &str, keep_out: bool, remove: bool) -> CliResult {
    let region = region(app, name).await?;
    let done = if remove {
        if !project_regions::remove(&app.db, project, region.id()).await.map_err(|e| e.to_string())? {
            return Err(format!(
                "nothing was said of project {project} and {name}; `region show {name}` tells what was"
            ));
        }
        "rule removed"
    } else {
        project_regions::set(&app.db, project, region.id(), !keep_out).await.map_err(|e| e.to_string())?;
        if keep_out { "kept out" } else { "pinned" }
    };
    let target = format!("project {project}");
    let recorded = audit::record(&app.db, &actor(), "region pin", &target, &format!("{done}: {name}")).await;
    recorded.map_err(|e| e.to_string())?;
    say(&holds(app, project).await?);
    Ok(())
}

/// Where a project's new servers go, in words.
async fn holds(app: &App, project: &str) -> Result<String, String> {
    let rules = project_regions::of_project(&app.db, project).await.map_err(|e| e.to_string())?;
    let name = |id: &str| app.registry.get(id).map_or_else(|| id.to_owned(), |region| region.name().to_owned());
    let names = |pinned: bool| {
        let chosen = rules.iter().filter(|rule| rule.pinned == pinned);
        chosen.map(|rule| name(&rule.region_id)).collect::<Vec<_>>().join(", ")
    };
    Ok(match (names(true), names(false)) {
        (only, _) if !only.is_empty() => format!("new servers of project {project} go to {only} alone"),
        (_, out) if !out.is_empty() => format!("new servers of project {project} go to any region but {out}"),
        _ => format!("new servers of project {project} go to any region"),
    })
}
