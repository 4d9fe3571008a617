//! The second look at what differed at the first: a single show, and what `--fix` makes of it.

use http::{Method, StatusCode};
use serde_json::Value;

use super::super::difference::{Difference, charge, differences};
use super::{AdoptError, Audit, Kind, Progress};
use crate::db::clock::local_now;
use crate::db::quota::Charge;
use crate::db::servers::{self, Audited};
use crate::sync::names;
use crate::views::server::document::Told;

impl<F: FnMut(Progress) + Send> Audit<'_, F> {
    /// A single show of a server, against its row as it is now.
    pub(super) async fn second_look(&mut self, local_id: &str) -> Result<(), AdoptError> {
        let region_id = self.api.region().id();
        let version = self.api.region().microversion();
        let answer = self.api.compute(Method::GET, &format!("/servers/{local_id}"), version, None).await?;
        let row = servers::audited(&self.app.db, region_id, &[local_id]).await?.into_iter().next();
        if answer.status == StatusCode::NOT_FOUND {
            return self.absent(row).await;
        }
        let document = answer.json(self.api.region())?.get_mut("server").map(Value::take);
        let Some(told) = document.and_then(Told::read) else { return Ok(()) };
        let Some(row) = row else { return self.without_live_row(told).await };
        let names = names::of_region(self.app, region_id).await?;
        for difference in differences(&row, &told, &names, local_now(), false) {
            if self.fix {
                self.set_right(&row, &difference).await?;
            }
            self.find(Kind::Differs, &row, difference.text(&row), self.fix);
        }
        Ok(())
    }

    async fn absent(&mut self, row: Option<Audited>) -> Result<(), AdoptError> {
        // The sync is at those that are being deleted, or missing.
        let Some(row) = row.filter(|row| !row.known.deleting && row.known.missing_since.is_none()) else {
            return Ok(());
        };
        let id = std::slice::from_ref(&row.known.id);
        let fixed = self.fix && servers::suspect(&self.app.db, self.api.region().id(), id).await? > 0;
        let what = if fixed { "is not there; the sync looks for it now" } else { "is not there" };
        self.find(Kind::Gone, &row, what.into(), fixed);
        Ok(())
    }

    /// Its row was closed, and it runs. Mended, the row is live again and charged, and the sync reads the rest.
    async fn without_live_row(&mut self, told: Told) -> Result<(), AdoptError> {
        let region_id = self.api.region().id();
        let row = servers::closed(&self.app.db, region_id, &[&told.local_id]).await?.into_iter().next();
        let Some(row) = row.filter(|_| !told.is_deleted()) else { return Ok(()) };
        let charged = charge(&told)
            .unwrap_or_else(|| told.flavor_size().map_or_else(Charge::default, |(c, r)| Charge::of_server(c, r)));
        let names = names::of_region(self.app, region_id).await?;
        let flavor = (row.known.flavor_id.as_str(), row.known.flavor_name.as_str());
        let columns = told.columns(&names, flavor, row.known.asked_zone.as_deref());
        let fixed = self.fix && servers::reopen(&self.app.db, region_id, &row.known.id, columns, charged).await?;
        let what = if fixed { "runs, and its row was closed; it is open again" } else { "runs, and its row is closed" };
        self.find(Kind::Closed, &row, what.into(), fixed);
        Ok(())
    }

    async fn set_right(&self, row: &Audited, difference: &Difference) -> Result<(), AdoptError> {
        let (db, region_id, id) = (&self.app.db, self.api.region().id(), &row.known.id);
        match difference {
            Difference::Owner(project_id, user_id) => servers::hand_over(db, id, project_id, user_id).await?,
            Difference::Charge(charge) => servers::recharge(db, region_id, id, *charge).await?,
            Difference::Fields(_) => {
                servers::suspect(db, region_id, std::slice::from_ref(id)).await?;
            }
        }
        Ok(())
    }
}
