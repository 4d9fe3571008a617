//! What is known of one region for one boot.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Ask;
use super::visibility::{Asker, Kind};
use crate::regions::Region;

/// Whether a region has a thing for this project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Has {
    /// Under this id.
    Yes(String),
    /// Not at all.
    No,
    /// The region could not be asked.
    Unknown(String),
}

/// One region and what it has of what the boot names.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The region.
    pub region: Arc<Region>,
    /// By the id the user named.
    pub networks: BTreeMap<String, Has>,
    /// By the id the user named.
    pub ports: BTreeMap<String, Has>,
    /// By the id the user named.
    pub images: BTreeMap<String, Has>,
}

impl Facts {
    /// Nothing asked yet.
    #[must_use]
    pub fn unasked(region: Arc<Region>) -> Self {
        Self { region, networks: BTreeMap::new(), ports: BTreeMap::new(), images: BTreeMap::new() }
    }

    /// Asks for everything the boot names, all at once.
    pub async fn ask(mut self, ask: &Ask, asker: &Asker<'_>) -> Self {
        let image: Vec<String> = ask.image.iter().cloned().collect();
        let (networks, ports, images) = tokio::join!(
            has_all(&self.region, Kind::Network, &ask.networks, asker),
            has_all(&self.region, Kind::Port, &ask.ports, asker),
            has_all(&self.region, Kind::Image, &image, asker),
        );
        (self.networks, self.ports, self.images) = (networks, ports, images);
        self
    }
}

async fn has_all(region: &Arc<Region>, kind: Kind, ids: &[String], asker: &Asker<'_>) -> BTreeMap<String, Has> {
    let each = ids.iter().map(|id| async move { (id.clone(), asker.has(region, kind, id).await) });
    futures_util::future::join_all(each).await.into_iter().collect()
}
