//! Quota and limits: the top's, which hold over all regions.

use crate::api::{limits, quota_classes, quota_sets};
use crate::identity::policy::{admin, any, reader};
use crate::routes::row::{DELETE, GET, PUT, handler, row};
use crate::routes::{Class::Owned, Route};

const USER: &[&str] = &["user_id"];

const NOTE: &str = "The top's limits, which hold over all regions.";

pub(super) static ROWS: [Route; 8] = [
    row(Owned, GET, "/limits", handler!(limits::index)).query(75, &["tenant_id"]).rule(any("os_compute_api:limits")).note(NOTE),
    row(Owned, GET, "/os-quota-sets/{project_id}", handler!(quota_sets::show)).query(75, USER)
        .of_project(reader("os_compute_api:os-quota-sets:show"))
        .note(NOTE),
    row(Owned, PUT, "/os-quota-sets/{project_id}", handler!(quota_sets::update)).query(75, USER)
        .of_project(admin("os_compute_api:os-quota-sets:update"))
        .note(NOTE),
    row(Owned, DELETE, "/os-quota-sets/{project_id}", handler!(quota_sets::delete)).query(75, USER)
        .of_project(admin("os_compute_api:os-quota-sets:delete"))
        .note(NOTE),
    row(Owned, GET, "/os-quota-sets/{project_id}/detail", handler!(quota_sets::detail)).query(75, USER)
        .of_project(reader("os_compute_api:os-quota-sets:detail"))
        .note("With what is in use: of servers, what their rows are charged (a resize the larger flavor until it settles)."),
    row(Owned, GET, "/os-quota-sets/{project_id}/defaults", handler!(quota_sets::defaults))
        .of_project(any("os_compute_api:os-quota-sets:defaults"))
        .note("The class `default` over the configuration."),
    row(Owned, GET, "/os-quota-class-sets/{name}", handler!(quota_classes::show)).query(102, &[])
        .rule(admin("os_compute_api:os-quota-class-sets:show"))
        .note("Only the class `default` has an effect."),
    row(Owned, PUT, "/os-quota-class-sets/{name}", handler!(quota_classes::update))
        .rule(admin("os_compute_api:os-quota-class-sets:update"))
        .note("Only the class `default` has an effect."),
];
