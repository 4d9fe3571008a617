//! Taking over a region's flavors.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::Flavor;
use crate::db::clock::Clock;
use crate::db::schema::{adopted_flavors, flavor_access, flavors};
use crate::db::{Db, DbResult};

/// What becomes of a flavor read from a region.
#[derive(Debug, PartialEq, Eq)]
pub enum Imported {
    /// It is new on top.
    Added,
    /// The top has it with the same contents; its projects are other ones than these, where any are named.
    Same(Vec<String>),
    /// The top has this id or name with other contents, or another id for this name; nothing was changed.
    Conflict(String),
}

/// Inside [`writing!`]: lets projects use a flavor.
macro_rules! grant {
    ($conn:ident, $flavor:expr, $projects:expr) => {
        for project_id in $projects {
            let access = (flavor_access::flavor_id.eq(&$flavor.id), flavor_access::project_id.eq(project_id));
            diesel::insert_or_ignore_into(flavor_access::table).values(access).execute($conn).await?;
        }
    };
}

/// Inside [`writing!`]: makes what stands for a flavor of a region's own that flavor; false where it is no such one.
macro_rules! take_over {
    ($conn:ident, $own:expr, $flavor:expr, $projects:expr) => {{
        let stands = adopted_flavors::table.filter(adopted_flavors::flavor_id.eq(&$own.id));
        let stands = stands.count().get_result::<i64>($conn).await? > 0;
        if stands {
            let columns = (
                flavors::is_public.eq($flavor.is_public),
                flavors::disabled.eq($flavor.disabled),
                flavors::rxtx_factor.eq($flavor.rxtx_factor),
                flavors::description.eq($flavor.description.as_deref()),
                flavors::revision.eq(flavors::revision + 1),
            );
            diesel::update(flavors::table.filter(flavors::id.eq(&$own.id))).set(columns).execute($conn).await?;
            grant!($conn, $flavor, $projects);
        }
        stands
    }};
}

/// Takes over a flavor read from a region, with the projects that may use it; never changes one that is there.
pub async fn import(db: &Db, flavor: &Flavor, projects: &[String]) -> DbResult<Imported> {
    writing!(db, "flavors.import", |conn| {
        let same_key = flavors::id.eq(&flavor.id).or(flavors::name.eq(&flavor.name));
        let known = flavors::table.filter(same_key).select(Flavor::as_select()).load::<Flavor>(conn).await?;
        if let [own] = known.as_slice()
            && stands_for(own, flavor)
            && take_over!(conn, own, flavor, projects)
        {
            return Ok(Imported::Added);
        }
        if let Some(other) = known.iter().find(|other| !differences(other, flavor).is_empty()) {
            let reason = format!(
                "the top's flavor {} named {} has another {}",
                other.id,
                other.name,
                differences(other, flavor).join(", ")
            );
            return Ok(Imported::Conflict(reason));
        }
        if !known.is_empty() {
            let access = flavor_access::table.filter(flavor_access::flavor_id.eq(&flavor.id));
            let own: Vec<String> = access.select(flavor_access::project_id).load(conn).await?;
            let others = own.iter().filter(|id| !projects.contains(id));
            let others = others.chain(projects.iter().filter(|id| !own.contains(id)));
            return Ok(Imported::Same(others.filter(|_| !flavor.is_public).cloned().collect()));
        }
        let row = Flavor { created_at: conn.now().await?, ..flavor.clone() };
        diesel::insert_into(flavors::table).values(&row).execute(conn).await?;
        grant!(conn, flavor, projects);
        Ok(Imported::Added)
    })
}

/// What an adopted server's flavor is on top until somebody wants it (`super::adopted`): the same but for who may use it.
fn stands_for(own: &Flavor, there: &Flavor) -> bool {
    let opened = Flavor { is_public: there.is_public, ..own.clone() };
    own.disabled && !own.is_public && differences(&opened, there).is_empty()
}

/// What a region's flavor has otherwise than the top's, with both values.
fn differences(own: &Flavor, there: &Flavor) -> Vec<String> {
    let texts = [
        ("id", own.id.clone(), there.id.clone()),
        ("name", own.name.clone(), there.name.clone()),
        ("is_public", own.is_public.to_string(), there.is_public.to_string()),
    ];
    let mut found: Vec<String> = texts
        .into_iter()
        .filter(|(_, own, there)| own != there)
        .map(|(what, own, there)| format!("{what} ({own}, not {there})"))
        .collect();
    for ((what, own), (_, there)) in own.sizes().into_iter().zip(there.sizes()).filter(|((_, a), (_, b))| a != b) {
        found.push(format!("{what} ({own}, not {there})"));
    }
    let (own, there) = (own.specs(), there.specs());
    let keys = own.keys().chain(there.keys().filter(|key| !own.contains_key(*key)));
    for key in keys.filter(|key| own.get(*key) != there.get(*key)) {
        let shown = |value: Option<&serde_json::Value>| {
            value.map_or_else(
                || "none".to_owned(),
                |value| value.as_str().map_or_else(|| value.to_string(), str::to_owned),
            )
        };
        found.push(format!("extra spec {key} ({}, not {})", shown(own.get(key)), shown(there.get(key))));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_told_with_both_values() {
        let own = Flavor {
            serial: 1,
            id: "1".into(),
            name: "a".into(),
            vcpus: 1,
            ram_mb: 512,
            disk_gb: 1,
            ephemeral_gb: 0,
            swap_mb: 0,
            rxtx_factor: 1.0,
            is_public: true,
            disabled: false,
            description: None,
            extra_specs: r#"{"x": "1", "y": "2"}"#.into(),
            created_at: 0,
            updated_at: None,
            revision: 0,
        };
        // Neither a description nor the factor makes it another flavor.
        let same = Flavor { description: Some("d".into()), rxtx_factor: 2.0, serial: 7, ..own.clone() };
        assert!(differences(&own, &same).is_empty());
        let other = Flavor { vcpus: 2, is_public: false, extra_specs: r#"{"x": "1", "z": "3"}"#.into(), ..own.clone() };
        let told = [
            "is_public (true, not false)",
            "vcpus (1, not 2)",
            "extra spec y (2, not none)",
            "extra spec z (none, not 3)",
        ];
        assert_eq!(differences(&own, &other), told);
    }
}
