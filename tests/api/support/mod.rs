//! What every test starts from: a database of its own, a simulated cloud, and the service over both.

mod database;
pub mod http2;
mod listener;
pub mod log;
mod top;
mod wire;
mod world;

use std::panic::AssertUnwindSafe;
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::Instant;

pub use self::database::{Backend, Database};
pub use self::listener::{Listener, closed};
pub use self::top::Top;
pub use self::wire::{refused, send};
pub use self::world::{World, accepted, flavor, ids, names, sorted};

/// How long anything that must happen may take. Nothing passes by being quick; it only fails by never coming.
pub const DEADLINE: Duration = Duration::from_secs(90);

/// Makes a test of each of these `async fn(Arc<Database>)` for each database.
macro_rules! on_each_database {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {$(
            #[test]
            fn $test() {
                $crate::support::run($crate::support::Backend::Sqlite, super::$test);
            }
        )+}
        mod mysql {$(
            #[test]
            fn $test() {
                $crate::support::run($crate::support::Backend::Mysql, super::$test);
            }
        )+}
    };
}
pub(crate) use on_each_database;

/// Runs a test on a fresh database, which is gone afterwards however the test ends.
pub fn run<F: Future<Output = ()>>(backend: Backend, test: impl FnOnce(Arc<Database>) -> F) {
    let database = Arc::new(Database::create(backend));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let result = runtime.block_on(AssertUnwindSafe(test(database.clone())).catch_unwind());
    // Connections first, the database after them.
    runtime.shutdown_timeout(Duration::from_secs(5));
    database.remove();
    if let Err(panic) = result {
        std::panic::resume_unwind(panic);
    }
}

/// Asks until there is an answer.
pub async fn wait_for<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "not within {DEADLINE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

/// Asks until it holds.
pub async fn wait_until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    wait_for(what, async || holds().await.then_some(())).await;
}

/// Runs a command line over the world's database and Keystone.
pub async fn command_line(world: &World, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nova-cascade"));
    command
        .env("CASCADE__KEYSTONE__URL", world.cloud.auth_url())
        .env("CASCADE__KEYSTONE__PASSWORD", crate::sim::keystone::PASSWORD)
        .env("CASCADE__DATABASE__URL", world.database.url())
        .env("CASCADE__LOG__FILTER", "off")
        .args(arguments);
    let output = tokio::task::spawn_blocking(move || command.output()).await;
    output.expect("a task").expect("a command")
}
