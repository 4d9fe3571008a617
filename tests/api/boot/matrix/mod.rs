//! The saga's promise, at every point between two of its steps: whatever goes wrong there, nothing is lost, nothing is
//! doubled, and the sums are right. What the steps are is found by watching one boot: each call that a region gets, each
//! transaction that the service commits. A new step enters the matrix by itself.

mod cell;
mod judge;
mod scenario;
mod steps;
mod trap;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::{FutureExt, StreamExt};

use crate::support::{Backend, Database, on_each_database};
use cell::Cell;
use scenario::Scenario;

on_each_database!(a_boot_survives_everything, a_server_that_is_placed_again_survives_everything);

/// Runs those cells alone whose name holds this text, on each database; an empty one: all.
const ONLY: &str = "CASCADE_MATRIX";

/// Without it, one in so many on MariaDB.
const ON_MARIADB: usize = 4;

/// Cells that run at once: half of their time they wait, and other tests run beside them.
const AT_ONCE: usize = 4;

async fn a_boot_survives_everything(database: Arc<Database>) {
    matrix(&database, Scenario::First).await;
}

async fn a_server_that_is_placed_again_survives_everything(database: Arc<Database>) {
    matrix(&database, Scenario::Again).await;
}

async fn matrix(database: &Arc<Database>, scenario: Scenario) {
    let backend = if database.is_mysql() { Backend::Mysql } else { Backend::Sqlite };
    let other = tokio::task::spawn_blocking(move || Arc::new(Database::create(backend))).await.expect("a database");
    let steps = steps::of([database, &other], scenario).await;
    tokio::task::spawn_blocking(move || other.remove()).await.expect("an end");
    println!("{scenario:?}: {steps:#?}");
    assert!(steps.iter().any(|step| step.is("POST /servers")), "the boot itself is no step of it: {steps:?}");
    assert!(steps.iter().any(|step| step.is("mappings.place")), "placing is no step of it: {steps:?}");
    let mut cells: Vec<Cell> = steps.iter().flat_map(|step| cell::of(scenario, step)).collect();
    assert!(cells.len() > 40, "only {} cells", cells.len());
    match std::env::var(ONLY) {
        Ok(only) => cells.retain(|cell| cell.to_string().contains(&only)),
        // A world takes seconds to be made there.
        Err(_) if database.is_mysql() => cells = cells.into_iter().step_by(ON_MARIADB).collect(),
        Err(_) => {}
    }
    let all = cells.len();
    println!("{scenario:?}: {all} cells");
    let runs = cells.into_iter().map(|cell| async move {
        let name = cell.to_string();
        // The others go on when one fails; its panic says why.
        (name, AssertUnwindSafe(cell.run(backend)).catch_unwind().await)
    });
    let runs: Vec<_> = futures_util::stream::iter(runs).buffer_unordered(AT_ONCE).collect().await;
    let failed: Vec<&str> = runs.iter().filter(|(_, run)| run.is_err()).map(|(name, _)| name.as_str()).collect();
    // Work beside the boot is in its steps by chance: that it did not come this time is no failure, and no success.
    let missed: Vec<&str> =
        runs.iter().filter(|(_, run)| matches!(run, Ok(false))).map(|(name, _)| name.as_str()).collect();
    println!("{scenario:?}: {} of {all} cells not reached: {missed:#?}", missed.len());
    assert!(failed.is_empty(), "{} cells failed:\n{}", failed.len(), failed.join("\n"));
    assert!(missed.len() <= 2 + all / 5, "{} of {all} cells were not reached: {missed:#?}", missed.len());
}
