//! The region selector over regions: what each filter and weigher does with what a region says.

mod cached;
mod capacity;
mod cli;
mod extra_specs;
mod failures;
mod hints;
mod projects;
mod things;
mod weighers;

use std::collections::BTreeMap;

use http::HeaderValue;
use nova_cascade::cascade::boot::needs;
use nova_cascade::config::{Config, ms};
use nova_cascade::db::flavors;
use nova_cascade::identity::TokenText;
use nova_cascade::microversion::MIN;
use nova_cascade::regions::forward::Bearer;
use nova_cascade::selector::{Ask, Asker, HintedRegions, Selection, Why};

use crate::support::World;

/// Everything that regions are asked for is asked for each time, and waited for.
fn forgetful(config: &mut Config) {
    (config.region.lookup_timeout_ms, config.region.lookup_patience_ms) = (30_000, 30_000);
    (config.boot.capacity_fresh_s, config.boot.capacity_usable_s, config.boot.capacity_full_s) = (0, 0, 0);
    (config.boot.visibility_cache_s, config.boot.absence_cache_s) = (0, 0);
}

/// What a boot of demo's asks for that names nothing.
async fn ask(world: &World, flavor: &str) -> Ask {
    Ask {
        project_id: world.cloud.keystone.project_id("demo"),
        microversion: MIN,
        flavor: flavors::get(&world.db, flavor).await.expect("a database").expect("a flavor"),
        boots_from_volume: false,
        named: Vec::new(),
        zone: None,
        group: None,
        same_host: Vec::new(),
        hinted: HintedRegions::default(),
        rules: Vec::new(),
        project_servers: BTreeMap::new(),
        ahead: BTreeMap::new(),
    }
}

/// What the selector says of it, asking as demo.
async fn select(world: &World, ask: &Ask) -> Selection {
    let app = &world.top.app;
    let token = TokenText::new(&HeaderValue::try_from(world.cloud.token("demo")).expect("a token"));
    let asker = Asker {
        visibility: &app.visibility,
        project_id: &ask.project_id,
        bearer: Bearer { share: &ask.project_id, token: &token, service_token: None, request_id: "req-1" },
        by_admin: false,
        absence: None,
        timeout: ms(app.config.region.lookup_timeout_ms),
        equivalents: needs::local_names(&world.db, &ask.named).await.expect("equivalents"),
    };
    app.selector.select(&app.registry, ask, &asker).await
}

/// Names of the regions that passed, best first.
fn chosen(selection: &Selection) -> Vec<&str> {
    selection.candidates.iter().map(|candidate| candidate.region.name()).collect()
}

/// Region, filter, how the reason counts, and its text.
fn refusals(selection: &Selection) -> Vec<(&str, &str, Why, &str)> {
    let each = selection.refused.iter();
    each.map(|refused| (refused.region.as_str(), refused.filter, refused.reason.why, refused.reason.text.as_str()))
        .collect()
}
