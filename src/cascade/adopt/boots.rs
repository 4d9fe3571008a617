//! Which servers without a row are of boots: those go to the saga first (D2).

use std::sync::Arc;

use super::{AdoptError, Outcome};
use crate::app::App;
use crate::cascade::boot;
use crate::db::strangers;
use crate::microversion::{Microversion, v2};
use crate::regions::Region;
use crate::views::server::document::{Names, Told};

/// A region's documents carry the marker of a boot from here on.
const MARKED_FROM: Microversion = v2(100);

/// Gives those that carry a marker to their boots and puts those aside that an open boot may have made; what is left
/// over is nobody's.
pub(super) async fn left_over(
    app: &Arc<App>,
    region: &Region,
    told: Vec<Told>,
    names: &Names,
    outcome: &mut Outcome,
) -> Result<Vec<Told>, AdoptError> {
    let mut rest = Vec::new();
    for mut told in told.into_iter().filter(|told| !told.is_deleted()) {
        if boot::claim(app, &mut told, region.id(), names).await? {
            outcome.adopted.push(told.local_id);
        } else if told.marker.is_none() {
            rest.push(told);
        }
    }
    let marked = region.microversion() >= MARKED_FROM;
    if marked || rest.is_empty() {
        return Ok(rest);
    }
    // An unmarked one is found by whose it is and its name (`boot::recover`), so no other can be a boot's.
    let mut projects: Vec<&str> = rest.iter().filter_map(|told| told.text("tenant_id")).collect();
    projects.sort_unstable();
    projects.dedup();
    let awaited = strangers::awaited(&app.db, region.id(), &projects).await?;
    let is_awaited = |told: &Told| {
        let own = |field: &str| told.text(field).unwrap_or_default().to_owned();
        awaited.contains(&(own("user_id"), own("name")))
    };
    let (waiting, rest) = rest.into_iter().partition(is_awaited);
    outcome.waiting = waiting;
    Ok(rest)
}
