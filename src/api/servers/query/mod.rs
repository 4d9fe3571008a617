//! The query of a server list, read by two tables: what may be asked ([`parameters`]) and what it may be sorted by
//! ([`sort`]).

mod parameters;
mod patterns;
mod sort;
mod states;

use super::Call;
use crate::api::python;
use crate::db::clock;
use crate::db::listing::columns as column;
use crate::db::listing::{Condition, Page};
use crate::error::{ApiResult, Fault};
use crate::identity::policy::{Rule, SERVERS_ALL_FILTERS};
use crate::microversion::v2;
use crate::query::{Query, boolean, invalid, not_boolean};
use parameters::{Format, Parameter, Use};
use patterns::Patterns;

pub(in crate::api) use patterns::refused;

/// A parsed list request.
#[derive(Debug)]
pub struct Ask {
    /// Which servers; none at all where the query can match nothing.
    pub page: Option<Page>,
    /// Items of the page.
    pub limit: usize,
    /// Servers of all projects.
    pub all_tenants: bool,
}

/// Reads the query string; `all_tenants_rule` is asked where it spans projects.
///
/// # Errors
/// Nova's 400 and 403.
pub async fn parse(call: &Call, all_tenants_rule: Rule, documents: bool) -> ApiResult<Ask> {
    let query = call.query();
    check_names(call, &query)?;
    let patterns = Patterns::of(call, &query).await?;
    check_formats(call, &query, &patterns)?;
    let (limit, marker) = query.page(call.app.config.api.items_per_page_max)?;
    let marker = marker.filter(|text| !text.is_empty()).map(str::to_owned);
    let order = sort::parse(call, &query);
    let reader =
        Reader { call, every_filter: SERVERS_ALL_FILTERS.allows(&call.identity, &call.identity.project_id), query };
    reader.refuse_unusable()?;
    let mut conditions = Vec::new();
    let possible = reader.states(&mut conditions)?;
    reader.times(&mut conditions)?;
    reader.life(&mut conditions)?;
    let all_tenants = reader.projects(&mut conditions, all_tenants_rule)?;
    reader.columns(&mut conditions, &patterns)?;
    let page = Page { conditions, order: order?, marker, limit, documents };
    Ok(Ask { page: possible.then_some(page), limit, all_tenants })
}

/// From 2.75 on nothing but what the schema has; what begins with `_` is refused in words of its own.
fn check_names(call: &Call, query: &Query) -> ApiResult<()> {
    let known = |key: &str| {
        let row = parameters::find(key).filter(|row| row.used != Use::Untold);
        row.is_some_and(|row| call.version >= v2(row.since)) || key.starts_with('_')
    };
    query.refuse_unknown(call.version, 75, known)
}

/// The schema looks at what a caller may not use, too.
fn check_formats(call: &Call, query: &Query, patterns: &Patterns<'_>) -> ApiResult<()> {
    for (key, value) in query.pairs() {
        let Some(row) = parameters::find(key).filter(|row| call.version >= v2(row.since)) else { continue };
        match row.format {
            Format::Regex => patterns.check(key, value)?,
            Format::DateTime if clock::parse_any(value).is_none() => {
                return Err(invalid(key, value, &format!("{} is not a 'date-time'", python::text(value))));
            }
            Format::Text | Format::DateTime => {}
        }
    }
    Ok(())
}

struct Reader<'a> {
    call: &'a Call,
    query: Query,
    /// Passes `allow_all_filters`.
    every_filter: bool,
}

impl Reader<'_> {
    /// Parameters that a caller may not use are dropped without a word, as in Nova.
    fn may_use(&self, row: &Parameter) -> bool {
        let version = self.call.version;
        let everyone = row.everyone_since.is_some_and(|minor| version >= v2(minor));
        version >= v2(row.since) && (self.every_filter || everyone)
    }

    fn get(&self, name: &str) -> Option<&str> {
        let row = parameters::find(name).filter(|row| self.may_use(row))?;
        self.query.get(row.name)
    }

    fn refuse_unusable(&self) -> ApiResult<()> {
        for (key, _) in self.query.pairs() {
            let row = parameters::find(key);
            if self.every_filter && (key.starts_with('_') || row.is_some_and(|row| row.used == Use::Table)) {
                return Err(Fault::bad_request(format!("Invalid filter field: {key}.")));
            }
            if row.is_some_and(|row| row.used == Use::Untold && self.may_use(row)) {
                return Err(Fault::not_implemented(format!("Regions do not tell what the filter '{key}' asks for.")));
            }
        }
        Ok(())
    }

    /// By status, which outranks the two states; false where no server can be meant.
    fn states(&self, to: &mut Vec<Condition>) -> ApiResult<bool> {
        let statuses = self.query.all("status");
        let (mut vm, mut task) = (self.one("vm_state"), self.one("task_state"));
        if !statuses.is_empty() {
            match states::of_statuses(&statuses) {
                Some(found) => (vm, task) = (Some(found.vm), found.task.or(task)),
                None if self.call.version >= v2(38) => return Err(Fault::bad_request("Invalid status value")),
                None => return Ok(false),
            }
        }
        to.extend(vm.map(|values| Condition::IsAny(column::VM_STATE, values)));
        to.extend(task.map(|values| Condition::IsAny(column::TASK_STATE, values)));
        Ok(true)
    }

    fn one(&self, name: &str) -> Option<Vec<String>> {
        self.get(name).map(|value| vec![value.to_owned()])
    }

    /// `changes-since` looks at when a change reached us or was made, whichever is later: a client that polls must not
    /// lose what came late (D12).
    fn times(&self, to: &mut Vec<Condition>) -> ApiResult<()> {
        let since = self.get("changes-since").and_then(clock::parse_any);
        let before = self.get("changes-before").and_then(clock::parse_any);
        if let (Some(since), Some(before)) = (since, before)
            && before < since
        {
            let message = "The value of changes-since must be less than or equal to changes-before.";
            return Err(Fault::bad_request(message));
        }
        to.extend(since.map(|at| Condition::AtLeast(column::CHANGED_AT, at)));
        to.extend(before.map(|at| Condition::AtMost(column::UPDATED_AT, at)));
        Ok(())
    }

    /// Deleted ones or live ones; both where the query asks for changes.
    fn life(&self, to: &mut Vec<Condition>) -> ApiResult<()> {
        let asks_for_changes = self.get("changes-since").or_else(|| self.get("changes-before")).is_some();
        let mut deleted = match self.get("deleted") {
            Some(text) => Some(boolean(text).unwrap_or(false)),
            None => (!asks_for_changes).then_some(false),
        };
        let deleted_only = to.first() == Some(&Condition::IsAny(column::VM_STATE, vec!["deleted".into()]));
        if deleted_only && self.query.get("status").is_some() {
            if !self.call.identity.is_admin() {
                return Err(Fault::forbidden("Only administrators may list deleted instances"));
            }
            deleted = Some(true);
        }
        let soft = self.get("soft_deleted").map(|text| !text.is_empty());
        to.extend(deleted.map(|deleted| {
            if deleted { Condition::Deleted(soft.unwrap_or(true)) } else { Condition::Live(soft.unwrap_or(false)) }
        }));
        Ok(())
    }

    /// Whose servers; true for those of all projects.
    fn projects(&self, to: &mut Vec<Condition>, all_tenants_rule: Rule) -> ApiResult<bool> {
        let identity = &self.call.identity;
        let all_tenants = match self.get("all_tenants") {
            None => false,
            Some("") => true,
            Some(text) => boolean(text).ok_or_else(|| Fault::bad_request(not_boolean(text)))?,
        };
        if all_tenants {
            all_tenants_rule.require(identity, &identity.project_id)?;
        }
        let named = self.get("tenant_id").or_else(|| self.get("project_id")).filter(|_| all_tenants);
        let project = named.or_else(|| (!all_tenants).then_some(identity.project_id.as_str()));
        to.extend(project.map(|id| Condition::Is(column::PROJECT_ID, id.to_owned())));
        Ok(all_tenants)
    }

    /// Everything that is one condition.
    fn columns(&self, to: &mut Vec<Condition>, patterns: &Patterns<'_>) -> ApiResult<()> {
        let mut ips = Vec::new();
        for row in &parameters::PARAMETERS {
            let Some(value) = self.get(row.name) else { continue };
            let own = || value.to_owned();
            to.push(match row.used {
                Use::Is(column) => Condition::Is(column, own()),
                Use::Matches(column) => Condition::Matches(column, patterns.get(row.name, value)?),
                Use::Tags(tags) => Condition::Tagged(tags, value.split(',').map(str::to_owned).collect()),
                Use::Locked => {
                    let wanted = boolean(value).ok_or_else(|| Fault::bad_request(not_boolean(value)))?;
                    Condition::Flag(column::LOCKED, wanted)
                }
                Use::LockedBy => Condition::Flag(column::LOCKED, true),
                Use::Ip => {
                    ips.push(own());
                    continue;
                }
                Use::Elsewhere | Use::Unused | Use::Table | Use::Untold => continue,
            });
        }
        if !ips.is_empty() {
            to.push(Condition::HasIp(ips));
        }
        Ok(())
    }
}
