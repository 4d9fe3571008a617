//! The service: everything a handler or a background task works with.

use std::collections::BTreeMap;
use std::sync::Arc;

use moka::future::Cache;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::cascade::boot::at_work::AtWork;
use crate::cascade::boot::watch::Placings;
use crate::config::{Config, ms};
use crate::db::{Db, DbResult, regions, top};
use crate::identity::keystone::Keystone;
use crate::microversion::Microversion;
use crate::pattern::Matcher;
use crate::regions::{Registry, ServiceAccount, Upstream};
use crate::selector::{Selector, Visibility};
use crate::sync::{self, Sync};

/// One process.
pub struct App {
    /// All settings.
    pub config: Config,
    /// Our rows.
    pub db: Db,
    /// The regions.
    pub registry: Arc<Registry>,
    /// Background calls.
    pub service: ServiceAccount,
    /// Token validation.
    pub keystone: Keystone,
    /// Users' calls to regions.
    pub upstream: Upstream,
    /// Chooses regions.
    pub selector: Selector,
    /// What projects see in regions.
    pub visibility: Visibility,
    /// Boots that this process works on.
    pub boots_at_work: AtWork,
    /// Boots whose servers are not launched yet.
    pub placings: Placings,
    /// The status sync's workers.
    pub sync: Sync,
    /// (flavor, revision, region) -> id there while it is being pushed, so that many boots push a flavor once.
    pub flavors_on_their_way: Cache<(String, i64, String), String>,
    /// (key pair, region) -> its name there, likewise.
    pub ensured_key_pairs: Cache<(i64, String), String>,
    /// Turns of making key pairs.
    pub generating: Arc<Semaphore>,
    /// Clients' regular expressions.
    pub matcher: Matcher,
    /// (server group, region) -> id there, while it is being made: many boots at once make it once.
    pub ensured_groups: Cache<(String, String), String>,
    /// This process, in leases and intents.
    pub process_id: String,
    /// Ends background tasks.
    pub shutdown: CancellationToken,
    /// Background tasks.
    pub tasks: TaskTracker,
}

impl App {
    /// Puts the parts together; starts nothing and calls nobody.
    ///
    /// # Errors
    /// Text for the operator that names the setting to mend.
    pub fn new(config: Config, db: Db) -> Result<Arc<Self>, String> {
        let service = ServiceAccount::new(&config.keystone, &config.region)?;
        let upstream = Upstream::new(&config.region)?;
        config.notifications.iter().try_for_each(sync::notifications::usable)?;
        let registry = Arc::new(Registry::default());
        Ok(Arc::new(Self {
            keystone: Keystone::new(&config.keystone, &config.api, service.clone()),
            selector: Selector::new(&config, service.clone())?,
            visibility: Visibility::new(upstream.clone(), &config.boot),
            boots_at_work: AtWork::default(),
            placings: Placings::new(config.boot.watched_max),
            sync: Sync::new(registry.clone(), ms(config.sync.read_wait_ms)),
            flavors_on_their_way: Cache::new(10_000),
            ensured_key_pairs: ensured(&config),
            generating: Arc::new(Semaphore::new(config.api.key_pairs_generated_at_once_max)),
            matcher: Matcher::new(&config.api),
            ensured_groups: ensured(&config),
            process_id: Uuid::new_v4().to_string(),
            shutdown: CancellationToken::new(),
            tasks: TaskTracker::new(),
            service,
            upstream,
            registry,
            config,
            db,
        }))
    }

    /// The newest microversion served.
    #[must_use]
    pub fn microversion(&self) -> Microversion {
        self.registry.microversion(self.config.api.microversion_max)
    }

    /// Runs a background task for as long as the process does: one that panics is a bug, which must not end the work
    /// of its kind, so it is said and begun again.
    pub fn keep<F, Fut>(self: &Arc<Self>, name: &'static str, task: F)
    where
        F: Fn(Arc<Self>) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let app = self.clone();
        self.tasks.spawn(async move {
            while let Err(failed) = tokio::spawn(task(app.clone())).await {
                tracing::error!(name, %failed, "a background task failed; it begins again");
                tokio::time::sleep(ms(1_000)).await;
            }
        });
    }

    /// Takes the regions over from the database, and who this top is.
    ///
    /// # Errors
    /// The database's.
    pub async fn load_regions(&self) -> DbResult<()> {
        if self.registry.top_id().get().is_none() {
            self.registry.top_id().set(&top::id(&self.db).await?);
        }
        self.registry.load(regions::all(&self.db).await?, &self.config.region);
        Ok(())
    }

    /// Regions that have not answered for `region.unknown_after_s`: id -> name and age in seconds (D3).
    #[must_use]
    pub fn unknown_regions(&self) -> BTreeMap<String, (String, u64)> {
        let regions = self.registry.registered();
        let ages = regions.iter().map(|region| (region, region.health.age_s()));
        ages.filter(|(_, age_s)| *age_s > self.config.region.unknown_after_s)
            .map(|(region, age_s)| (region.id().to_owned(), (region.name().to_owned(), age_s)))
            .collect()
    }
}

/// What is known to be in a region, for as long as a region's name in the catalog is.
fn ensured<K, V>(config: &Config) -> Cache<K, V>
where
    K: std::hash::Hash + Eq + Send + std::marker::Sync + 'static,
    V: Clone + Send + std::marker::Sync + 'static,
{
    let live = ms(config.region.discovery_period_s * 1_000);
    Cache::builder().max_capacity(10_000).time_to_live(live).build()
}
