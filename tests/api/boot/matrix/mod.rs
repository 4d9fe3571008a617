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

on_each_database!(
    a_boot_survives_everything,
    a_server_that_is_placed_again_survives_everything,
    a_server_that_no_region_takes_survives_everything,
    several_servers_survive_everything,
    a_delete_survives_everything,
    a_delete_that_is_heard_later_survives_everything,
);

/// Runs those cells alone whose name holds this text, on each database; an empty one: all.
const ONLY: &str = "CASCADE_MATRIX";

/// Without it, one in so many on MariaDB.
const ON_MARIADB: usize = 4;

/// Runs of a cell whose step does not come.
const TRIES: usize = 3;

/// Cells that run at once: most of their time they wait.
const AT_ONCE: usize = 6;

async fn a_boot_survives_everything(database: Arc<Database>) {
    matrix(&database, Scenario::First).await;
}

async fn a_server_that_is_placed_again_survives_everything(database: Arc<Database>) {
    matrix(&database, Scenario::Again).await;
}

async fn a_server_that_no_region_takes_survives_everything(database: Arc<Database>) {
    matrix(&database, Scenario::Stranded).await;
}

async fn several_servers_survive_everything(database: Arc<Database>) {
    matrix(&database, Scenario::Several).await;
}

async fn a_delete_survives_everything(database: Arc<Database>) {
    matrix(&database, Scenario::Deleted).await;
}

async fn a_delete_that_is_heard_later_survives_everything(database: Arc<Database>) {
    matrix(&database, Scenario::DeletedLater).await;
}

async fn matrix(database: &Arc<Database>, scenario: Scenario) {
    let backend = if database.is_mysql() { Backend::Mysql } else { Backend::Sqlite };
    let other = tokio::task::spawn_blocking(move || Arc::new(Database::create(backend))).await.expect("a database");
    let steps = steps::of([database, &other], scenario).await;
    tokio::task::spawn_blocking(move || other.remove()).await.expect("an end");
    let names: Vec<String> = steps.iter().map(ToString::to_string).collect();
    println!("{scenario:?}: {names:#?}");
    for sure in scenario.surely() {
        assert!(steps.iter().any(|step| step.is_one_of(&[sure])), "{sure} is no step of {scenario:?}: {names:#?}");
    }
    let mut cells: Vec<Cell> = steps.iter().flat_map(|step| cell::of(scenario, step)).collect();
    match std::env::var(ONLY) {
        Ok(only) => cells.retain(|cell| cell.to_string().contains(&only)),
        // A world takes seconds to be made there.
        Err(_) if database.is_mysql() => cells = cells.into_iter().step_by(ON_MARIADB).collect(),
        Err(_) => {}
    }
    let all = cells.len();
    println!("{scenario:?}: {all} cells");
    let runs = cells.into_iter().map(|cell| async move {
        // The others go on when one fails; its panic says why.
        let run = AssertUnwindSafe(reach(&cell, backend)).catch_unwind().await;
        (cell.to_string(), cell.step.is_one_of(scenario.surely()), run)
    });
    let runs: Vec<_> = futures_util::stream::iter(runs).buffer_unordered(AT_ONCE).collect().await;
    let failed: Vec<&str> = runs.iter().filter(|(_, _, run)| run.is_err()).map(|(name, ..)| name.as_str()).collect();
    // Work beside the boot is in its steps by chance: that it did not come this time is no failure, and no success.
    let missed = runs.iter().filter(|(_, _, run)| matches!(run, Ok(false)));
    let (sure, chance): (Vec<_>, Vec<_>) = missed.map(|(name, sure, _)| (name, sure)).partition(|(_, sure)| **sure);
    println!("{scenario:?}: {} of {all} cells not reached: {chance:#?}", chance.len());
    assert!(failed.is_empty(), "{} cells failed:\n{}", failed.len(), failed.join("\n"));
    assert!(sure.is_empty(), "{} cells of steps of the saga itself were not reached: {sure:#?}", sure.len());
}

/// Runs a cell, again where its step did not come. False where it never did.
async fn reach(cell: &Cell, backend: Backend) -> bool {
    for _ in 0..TRIES {
        if cell.clone().run(backend).await {
            return true;
        }
    }
    false
}
