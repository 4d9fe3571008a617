//! The filters of a list (nova/api/openstack/compute/flavors.py, `_get_flavors`; nova/objects/flavor.py,
//! `_flavor_get_all_from_db`).

use crate::api::{Call, python};
use crate::db::flavors::Flavor;
use crate::error::{ApiResult, Fault};
use crate::microversion::v2;
use crate::query::{Query, boolean, invalid};

const PARAMETERS: [&str; 7] = ["limit", "marker", "is_public", "minRam", "minDisk", "sort_key", "sort_dir"];

/// What a list wants.
pub struct Wanted {
    admin: bool,
    is_public: Option<bool>,
    ram_min: i128,
    disk_min: i128,
    name: Option<regex::Regex>,
}

impl Wanted {
    /// Reads the filters.
    ///
    /// # Errors
    /// 400 for a parameter that the version does not have, and for a value that is none.
    pub fn parse(call: &Call, query: &Query) -> ApiResult<Self> {
        let by_name = call.version >= v2(102);
        query.refuse_unknown(call.version, 75, |key| PARAMETERS.contains(&key) || (by_name && key == "name"))?;
        let admin = call.identity.is_admin();
        Ok(Self {
            admin,
            is_public: is_public(query.get("is_public").filter(|_| admin))?,
            ram_min: least(query, "minRam")?,
            disk_min: least(query, "minDisk")?,
            name: query.get("name").filter(|_| by_name).map(pattern).transpose()?,
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
            && self.name.as_ref().is_none_or(|name| name.is_match(&flavor.name))
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

/// Without regard to case, and with `|` as no alternative, as in Nova on `MariaDB`. What is no expression is Nova's 500.
fn pattern(text: &str) -> ApiResult<regex::Regex> {
    let compiled = regex::Regex::new(&format!("(?i){}", text.replace('|', "\\|")));
    compiled.map_err(|_| invalid("name", text, &format!("{} is not a 'regex'", python::text(text))))
}
