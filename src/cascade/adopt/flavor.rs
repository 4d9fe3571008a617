//! The flavor of a stranger, as the top calls it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use http::{Method, StatusCode};
use serde_json::Value;

use super::AdoptError;
use crate::app::App;
use crate::db::DbResult;
use crate::db::flavors::{self, Flavor};
use crate::db::text::{NAME_MAX, fits};
use crate::microversion::{Microversion, v2};
use crate::regions::nova::RegionApi;
use crate::views::server::document::{Names, Sizes, Told};

/// The newest whose documents name the flavor by its id.
const BY_ID: Microversion = v2(46);

/// What is known of a stranger's flavor.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// [`Names`] have it.
    Known,
    /// The server is gone.
    Gone,
    /// It cannot be known; why.
    Unreadable(String),
}

/// The flavors that a region's servers may be of.
pub(super) struct Flavors {
    /// Of the top, by id.
    all: HashMap<String, Flavor>,
    /// Ids of those that the region is known to have.
    claimed: HashSet<String>,
}

impl Flavors {
    /// Reads them.
    pub async fn read(app: &App, region_id: &str) -> DbResult<Self> {
        let all = flavors::all(&app.db).await?;
        let claimed = flavors::known_in(&app.db, region_id).await?;
        Ok(Self {
            all: all.into_iter().map(|flavor| (flavor.id.clone(), flavor)).collect(),
            claimed: claimed.into_iter().map(|known| known.flavor_id).collect(),
        })
    }

    /// Finds what the server's flavor is on top, and gives it one where it is none: a single show tells its id.
    pub async fn find(
        &mut self,
        app: &Arc<App>,
        api: &RegionApi,
        told: &Told,
        names: &mut Names,
    ) -> Result<Found, AdoptError> {
        let (Some(name), Some(sizes)) = (told.flavor_name(), told.flavor_sizes()) else {
            return Ok(Found::Unreadable("its document has no flavor in it: the region speaks less than 2.47".into()));
        };
        if self.is_known(told, name, sizes, names) {
            return Ok(Found::Known);
        }
        let answer = api.compute(Method::GET, &format!("/servers/{}", told.local_id), BY_ID, None).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(Found::Gone);
        }
        let shown = match answer.json(api.region()) {
            Ok(shown) => shown,
            Err(error) => return Ok(Found::Unreadable(error.reason)),
        };
        let Some(local_id) = shown["server"]["flavor"]["id"].as_str() else {
            return Ok(Found::Unreadable("its flavor's id is not told".into()));
        };
        if !fits(local_id, NAME_MAX) || !fits(name, NAME_MAX) {
            return Ok(Found::Unreadable("its flavor's id or name is longer than Nova lets one be".into()));
        }
        let there = embedded(told, local_id, name, sizes);
        let flavor = flavors::stand_in(&app.db, api.region().id(), &there).await?;
        tracing::info!(
            region = api.region().name(),
            flavor_id = flavor.id,
            local_id,
            name,
            "a flavor of the region's own, which servers there are of, has got one on top"
        );
        names.own_flavors.insert((name.to_owned(), sizes), (flavor.id.clone(), flavor.name.clone()));
        self.all.insert(flavor.id.clone(), flavor);
        Ok(Found::Known)
    }

    /// A flavor of the top that the region has is told by name and sizes, which never change. One that only has the same
    /// name is the same where its extra specs are too.
    fn is_known(&self, told: &Told, name: &str, sizes: Sizes, names: &Names) -> bool {
        if names.own_flavors.contains_key(&(name.to_owned(), sizes)) {
            return true;
        }
        let Some((id, _)) = names.flavors.get(name) else { return false };
        // One that is no longer on top, but whose servers are there.
        let Some(flavor) = self.all.get(id) else { return true };
        let claimed = self.claimed.contains(id);
        flavor.sizes().map(|(_, size)| size) == sizes && (claimed || flavor.specs() == told.flavor_specs())
    }
}

/// The flavor as it was when the server was booted; what the region has under its id now may be another.
fn embedded(told: &Told, id: &str, name: &str, [vcpus, ram_mb, disk_gb, ephemeral_gb, swap_mb]: Sizes) -> Flavor {
    Flavor {
        serial: 0,
        id: id.to_owned(),
        name: name.to_owned(),
        vcpus,
        ram_mb,
        disk_gb,
        ephemeral_gb,
        swap_mb,
        rxtx_factor: 1.0,
        is_public: false,
        disabled: true,
        description: None,
        extra_specs: Value::Object(told.flavor_specs()).to_string(),
        created_at: 0,
        updated_at: None,
        revision: 0,
    }
}
