//! The filters of a list (nova/api/openstack/compute/flavors.py, `_get_flavors`; nova/objects/flavor.py,
//! `_flavor_get_all_from_db`).

use crate::api::servers::query::refused;
use crate::api::{Call, python};
use crate::db::flavors::Flavor;
use crate::error::{ApiResult, Fault};
use crate::microversion::v2;
use crate::pattern::{Invalid, Spent};
use crate::query::{Query, boolean};

const PARAMETERS: [&str; 7] = ["limit", "marker", "is_public", "minRam", "minDisk", "sort_key", "sort_dir"];

/// What a list wants.
pub struct Wanted {
    admin: bool,
    is_public: Option<bool>,
    ram_min: i128,
    disk_min: i128,
}

impl Wanted {
    /// Reads the filters.
    ///
    /// # Errors
    /// 400 for a parameter that the version does not have, and for a value that is none.
    pub fn parse(call: &Call, query: &Query) -> ApiResult<Self> {
        let by_name = has_name(call);
        query.refuse_unknown(call.version, 75, |key| PARAMETERS.contains(&key) || (by_name && key == "name"))?;
        let admin = call.identity.is_admin();
        Ok(Self {
            admin,
            is_public: is_public(query.get("is_public").filter(|_| admin))?,
            ram_min: least(query, "minRam")?,
            disk_min: least(query, "minDisk")?,
        })
    }

    /// Whether a flavor is wanted; `granted`: the caller's project was given access to it. Whoever asks for public
    /// flavors gets those with them.
    pub fn has(&self, flavor: &Flavor, granted: bool) -> bool {
        let listed = match self.is_public {
            None => true,
            Some(true) => flavor.is_public || granted,
            Some(false) => !flavor.is_public,
        };
        listed
            && (self.admin || !flavor.disabled)
            && i128::from(flavor.ram_mb) >= self.ram_min
            && i128::from(flavor.disk_gb) >= self.disk_min
    }
}

/// Public ones are what is listed where nothing is said.
fn is_public(text: Option<&str>) -> ApiResult<Option<bool>> {
    match text {
        None => Ok(Some(true)),
        Some(text) if text.eq_ignore_ascii_case("none") => Ok(None),
        Some(text) => match boolean(text) {
            Some(flag) => Ok(Some(flag)),
            None => Err(Fault::bad_request(format!("Invalid is_public filter [{text}]"))),
        },
    }
}

fn least(query: &Query, key: &str) -> ApiResult<i128> {
    let Some(text) = query.get(key) else { return Ok(i128::MIN) };
    python::int(text).ok_or_else(|| Fault::bad_request(format!("Invalid {key} filter [{text}]")))
}

fn has_name(call: &Call) -> bool {
    call.version >= v2(102)
}

/// Those whose name matches the expression asked for, if any. What is no expression is Nova's 500.
///
/// # Errors
/// 400 for what is none, and for one that takes too long.
pub async fn by_name(call: &Call, query: &Query, flavors: Vec<Flavor>) -> ApiResult<Vec<Flavor>> {
    let Some(text) = query.get("name").filter(|_| has_name(call)) else { return Ok(flavors) };
    let (matcher, mut spent) = (&call.app.matcher, Spent::default());
    let compiled = matcher.compile(vec![text.to_owned()], &mut spent).await?.pop();
    let pattern = compiled.unwrap_or(Err(Invalid::Syntax)).map_err(|reason| refused("name", text, reason))?;
    Ok(matcher.each(flavors, move |flavor| pattern.matches(&flavor.name).then_some(flavor), &mut spent).await?)
}
