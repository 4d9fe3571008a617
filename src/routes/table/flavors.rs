//! Flavors: the top's, not the regions'.

use crate::api::flavors::extra_specs::{read, write};
use crate::api::flavors::{access, action, create, delete, index, show, update};
use crate::identity::policy::{admin, reader};
use crate::routes::row::{DELETE, GET, POST, PUT, handler, row};
use crate::routes::{Class::Owned, Route};

const SPECS: &str = "/flavors/{flavor_id}/os-extra_specs";
const SPEC: &str = "/flavors/{flavor_id}/os-extra_specs/{key}";

pub(super) static ROWS: [Route; 13] = [
    row(Owned, GET, "/flavors", handler!(index::index)).note("The top's flavors, not the regions'."),
    row(Owned, POST, "/flavors", handler!(create::create))
        .rule(admin("os_compute_api:os-flavor-manage:create"))
        .note("A flavor of the top; a region gets it when a server of it is booted there."),
    row(Owned, GET, "/flavors/detail", handler!(index::detail)).note("The top's flavors, not the regions'."),
    row(Owned, GET, "/flavors/{flavor_id}", handler!(show::show)).query(102, &[]).note("A flavor of the top."),
    row(Owned, PUT, "/flavors/{flavor_id}", handler!(update::update))
        .since(55)
        .rule(admin("os_compute_api:os-flavor-manage:update"))
        .note("Regions that have the flavor are brought to it in the background."),
    row(Owned, GET, "/flavors/{flavor_id}/os-flavor-access", handler!(access::index))
        .query(102, &[])
        .rule(admin("os_compute_api:os-flavor-access"))
        .note("Projects of a private flavor of the top."),
    row(Owned, POST, "/flavors/{flavor_id}/action", handler!(action::action)).note(
        "addTenantAccess and removeTenantAccess, under Nova's rules of these names. Regions that have the flavor are \
         brought to it in the background.",
    ),
    row(Owned, GET, SPECS, handler!(read::index))
        .query(102, &[])
        .rule(reader("os_compute_api:os-flavor-extra-specs:index"))
        .note("Of a flavor of the top."),
    row(Owned, POST, SPECS, handler!(write::create)).rule(admin("os_compute_api:os-flavor-extra-specs:create")).note(
        "The next boot has them: a region that has the flavor is brought to it before, others in the background.",
    ),
    row(Owned, GET, SPEC, handler!(read::show))
        .query(102, &[])
        .rule(reader("os_compute_api:os-flavor-extra-specs:show"))
        .note("Of a flavor of the top."),
    row(Owned, PUT, SPEC, handler!(write::update))
        .rule(admin("os_compute_api:os-flavor-extra-specs:update"))
        .note("As setting several."),
    row(Owned, DELETE, SPEC, handler!(write::delete))
        .rule(admin("os_compute_api:os-flavor-extra-specs:delete"))
        .note("As setting several."),
    row(Owned, DELETE, "/flavors/{flavor_id}", handler!(delete::delete))
        .rule(admin("os_compute_api:os-flavor-manage:delete"))
        .note("Servers keep their flavor. In regions the flavor is deleted where the top made it, and left where not."),
];
