//! The service as `serve` puts it together, in a runtime of its own so that it can be killed.

use std::sync::Arc;

use nova_cascade::app::App;
use nova_cascade::cascade::boot::{recover, watch};
use nova_cascade::config::{Config, Strangers};
use nova_cascade::db::{self, Db, SqliteLock};
use nova_cascade::{serve, stack, sync};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use super::Database;
use crate::sim::{Client, SimCloud};

/// One process of the service.
pub struct Top {
    pub app: Arc<App>,
    /// `http://127.0.0.1:port`
    pub url: String,
    listener: JoinHandle<()>,
    lock: Option<SqliteLock>,
    runtime: Option<Runtime>,
}

impl Top {
    /// Starts it over the regions of the cloud's catalog.
    pub async fn start(cloud: &SimCloud, database: &Database, adjust: impl FnOnce(&mut Config)) -> Self {
        Self::listened(cloud, database, adjust, || {}).await
    }

    /// The same, with a call on each of its threads before that does anything.
    pub async fn listened(
        cloud: &SimCloud,
        database: &Database,
        adjust: impl FnOnce(&mut Config),
        on_thread: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let mut config = config(cloud, database);
        adjust(&mut config);
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(2).on_thread_start(on_thread).enable_all().build().expect("a runtime");
        let started = runtime.spawn(async move {
            let db = Db::open(&config.database).expect("a database");
            let app = App::new(config, db).expect("a service");
            let lock = app.db.lock_for_serving().expect("the only one to serve from this file");
            db::migrate(&app.db).await.expect("a schema");
            app.load_regions().await.expect("regions");
            let listener = serve::bind("127.0.0.1:0".parse().expect("an address")).await.expect("a port");
            let url = format!("http://{}", listener.local_addr().expect("an address"));
            app.keep("regions", sync::run);
            app.keep("open boots", recover::run);
            app.keep("boots that are not launched", watch::run);
            let service = stack::build(&app);
            let serving = serve::run(listener, service, serve::Settings::of(&app.config), app.shutdown.clone());
            (app, url, tokio::spawn(serving), lock)
        });
        let (app, url, listener, lock) = started.await.expect("a start");
        Self { app, url, listener, lock, runtime: Some(runtime) }
    }

    /// A client of the compute API; sends nothing of its own.
    pub fn client(&self) -> Client {
        Client::new(format!("{}/v2.1", self.url))
    }

    /// Ends as after SIGTERM.
    pub async fn stop(mut self) {
        self.app.shutdown.cancel();
        (&mut self.listener).await.expect("an end");
        self.app.tasks.close();
        self.app.tasks.wait().await;
    }

    /// Ends as after SIGKILL: whatever is under way goes no further.
    pub fn kill(self) {
        drop(self);
    }

    /// The same, where what is left of it is still to be replaced.
    pub fn end(&mut self) {
        // Boots keep the service that they are to go on with.
        self.app.placings.clear();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
        drop(self.lock.take());
    }
}

impl Drop for Top {
    fn drop(&mut self) {
        self.end();
    }
}

/// Short periods; everything that a test is about it sets itself.
fn config(cloud: &SimCloud, database: &Database) -> Config {
    let mut config = Config::default();
    config.keystone.url = cloud.auth_url();
    config.keystone.password = crate::sim::keystone::PASSWORD.into();
    config.database = database.settings();
    config.listen.shutdown_grace_ms = 2_000;
    // Tests of quota set their own.
    (config.quota.instances, config.quota.cores, config.quota.ram_mb) = (-1, -1, -1);
    config.region.retry_down_ms = 200;
    config.keystone.retry_down_ms = 200;
    // Long enough for a machine that is busy: what a test waits for is never late because of it.
    config.region.lookup_timeout_ms = 5_000;
    config.sync.read_wait_ms = 5_000;
    (config.boot.visibility_cache_s, config.boot.absence_cache_s) = (1, 0);
    config.boot.outcome_wait_ms = 3_000;
    // What a live boot has not touched for so long is given up; on a busy machine it may come late to that.
    config.boot.intent_takeover_s = 10;
    config.boot.intent_search_s = 2;
    config.boot.watch_period_ms = 50;
    config.boot.remnant_wait_ms = 1_000;
    config.sync.poll_period_ms = 100;
    config.sync.unsettled_period_ms = 50;
    config.sync.neighbours_period_ms = 100;
    config.sync.sweep_page_pause_ms = 20;
    config.sync.missing_confirm_s = 1;
    config.sync.lease_s = 3;
    // Tests put servers into regions to see that they are told apart.
    config.sync.strangers = Strangers::Report;
    config
}
