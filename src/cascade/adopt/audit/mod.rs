//! The audit of servers: a region against the top's rows, in both directions. It may run beside a service that serves,
//! so what is under way looks different for a moment: whatever differs is looked at twice.

mod look;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::difference::differences;
use super::{AdoptError, Outcome, Page, Pages, adopt};
use crate::app::App;
use crate::config::ms;
use crate::db::clock::local_now;
use crate::db::servers::{self, Audited};
use crate::db::strangers;
use crate::regions::nova::RegionApi;
use crate::sync::names;
use crate::views::server::document::Told;

/// Rows read at once.
const ROWS: i64 = 500;

/// In which direction top and region differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A server below has no row.
    Stranger,
    /// A row has no server below.
    Gone,
    /// A row is closed, and its server runs below: a region that was not to be believed said that it was gone.
    Closed,
    /// Both are there and do not say the same.
    Differs,
}

/// Something that differs.
#[derive(Clone, Debug)]
pub struct Finding {
    /// How.
    pub kind: Kind,
    /// The server: on top where it has a row, else below.
    pub server_id: String,
    /// Its name.
    pub name: String,
    /// Its project.
    pub project_id: String,
    /// For people.
    pub what: String,
    /// Nothing is left to do; of a row whose server is gone: the sync was told to look.
    pub fixed: bool,
}

/// How far it has come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// Servers of the region compared.
    pub compared: usize,
    /// Single shows made.
    pub shown: usize,
}

/// What it found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Servers of the region compared.
    pub compared: usize,
    /// Servers that tell nothing: their cell is down.
    pub silent: usize,
    /// What differs.
    pub findings: Vec<Finding>,
}

/// Compares a region with the top; with `fix` adopts its strangers, whatever the configuration says of them, and sets
/// rows right or hands them to the sync.
///
/// # Errors
/// [`AdoptError`]; what was fixed before it stays.
pub async fn run(
    app: &Arc<App>,
    api: &RegionApi,
    fix: bool,
    tell: impl FnMut(Progress) + Send,
) -> Result<Report, AdoptError> {
    let audit = Audit {
        app,
        api,
        fix,
        tell,
        progress: Progress::default(),
        seen: HashSet::new(),
        suspects: Vec::new(),
        strangers: BTreeMap::new(),
        report: Report::default(),
    };
    audit.run().await
}

struct Audit<'a, F> {
    app: &'a Arc<App>,
    api: &'a RegionApi,
    fix: bool,
    tell: F,
    progress: Progress,
    /// Ids there of those that a list told of.
    seen: HashSet<String>,
    /// Ids there of those that differ at the first look, or were in no list.
    suspects: Vec<String>,
    /// Not adopted: id there, name, project, why.
    strangers: BTreeMap<String, Finding>,
    report: Report,
}

impl<F: FnMut(Progress) + Send> Audit<'_, F> {
    async fn run(mut self) -> Result<Report, AdoptError> {
        let mut pages = Pages::new(self.api, self.app.config.sync.page_size);
        while let Some(page) = pages.next().await? {
            self.report.silent += page.silent;
            self.page(page).await?;
            (self.tell)(self.progress);
        }
        self.unlisted().await?;
        if !self.suspects.is_empty() {
            // Time for the sync to store what it has read.
            tokio::time::sleep(ms(self.app.config.sync.poll_period_ms)).await;
        }
        for local_id in std::mem::take(&mut self.suspects) {
            self.second_look(&local_id).await?;
            self.progress.shown += 1;
            (self.tell)(self.progress);
        }
        self.strangers_left().await?;
        self.report.compared = self.progress.compared;
        Ok(self.report)
    }

    /// Rows of the page's servers that differ become suspects; servers without a row are strangers.
    async fn page(&mut self, page: Page) -> Result<(), AdoptError> {
        let region_id = self.api.region().id();
        let ids: Vec<&str> = page.told.iter().map(|told| told.local_id.as_str()).collect();
        let new = strangers::unmapped(&self.app.db, region_id, &ids).await?;
        let rows = servers::audited(&self.app.db, region_id, &ids).await?;
        let names = names::of_region(self.app, region_id).await?;
        self.progress.compared += page.told.len();
        let mut unknown = Vec::new();
        let mut rowless = Vec::new();
        for told in page.told {
            self.seen.insert(told.local_id.clone());
            let row = rows.iter().find(|row| row.known.local_id.as_deref() == Some(&told.local_id));
            match row {
                Some(row) if !differences(row, &told, &names, local_now(), true).is_empty() => {
                    self.suspects.push(told.local_id);
                }
                None if new.contains(&told.local_id) => unknown.push(told),
                None => rowless.push(told.local_id),
                Some(_) => {}
            }
        }
        let rowless: Vec<&str> = rowless.iter().map(String::as_str).collect();
        let closed = servers::closed(&self.app.db, region_id, &rowless).await?;
        self.suspects.extend(closed.into_iter().filter_map(|row| row.known.local_id));
        self.unknown(unknown, page.read_at).await
    }

    async fn unknown(&mut self, told: Vec<Told>, read_at: i64) -> Result<(), AdoptError> {
        for told in &told {
            let own = |field: &str| told.text(field).unwrap_or_default().to_owned();
            let finding = Finding {
                kind: Kind::Stranger,
                server_id: told.local_id.clone(),
                name: own("name"),
                project_id: own("tenant_id"),
                what: "has no row".into(),
                fixed: false,
            };
            self.strangers.insert(told.local_id.clone(), finding);
        }
        if !self.fix || told.is_empty() {
            return Ok(());
        }
        let Outcome { adopted, waiting, refused } = adopt(self.app, self.api, told, read_at).await?;
        for id in adopted {
            if let Some(mut finding) = self.strangers.remove(&id) {
                (finding.what, finding.fixed) = ("had no row; adopted".into(), true);
                self.report.findings.push(finding);
            }
        }
        let waits = waiting.into_iter().map(|told| (told.local_id, "has no row; it may be of an open boot".to_owned()));
        for (id, why) in
            refused.into_iter().map(|(id, why)| (id, format!("has no row, and cannot be adopted: {why}"))).chain(waits)
        {
            if let Some(finding) = self.strangers.get_mut(&id) {
                finding.what = why;
            }
        }
        Ok(())
    }

    /// Live rows of servers that no list told of.
    async fn unlisted(&mut self) -> Result<(), AdoptError> {
        let mut after = String::new();
        loop {
            let ids = servers::live_after(&self.app.db, self.api.region().id(), &after, ROWS).await?;
            let Some(last) = ids.last() else { return Ok(()) };
            last.clone_into(&mut after);
            self.suspects.extend(ids.into_iter().filter(|id| !self.seen.contains(id)));
        }
    }

    fn find(&mut self, kind: Kind, row: &Audited, what: String, fixed: bool) {
        let (server_id, name, project_id) = (row.known.id.clone(), row.name.clone(), row.project_id.clone());
        self.report.findings.push(Finding { kind, server_id, name, project_id, what, fixed });
    }

    /// Those that have got rows meanwhile were boots on their way.
    async fn strangers_left(&mut self) -> Result<(), AdoptError> {
        let all = std::mem::take(&mut self.strangers);
        let ids: Vec<&str> = all.keys().map(String::as_str).collect();
        let mut left = HashSet::new();
        for ids in ids.chunks(500) {
            left.extend(strangers::unmapped(&self.app.db, self.api.region().id(), ids).await?);
        }
        self.report.findings.extend(all.into_iter().filter(|(id, _)| left.contains(id)).map(|(_, finding)| finding));
        Ok(())
    }
}
