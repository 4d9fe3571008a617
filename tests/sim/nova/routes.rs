//! Nova's routes, as data.

use super::call::{Call, Handled};
use super::{
    actions, create, flavor, flavor_admin, info, instance_actions, keypairs, list, quota, server_groups, servers,
};

/// One method of one path, within its microversions.
pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
    pub since: u32,
    pub until: u32,
    pub handler: fn(&Call) -> Handled,
}

const fn route(method: &'static str, path: &'static str, handler: fn(&Call) -> Handled) -> Route {
    Route { method, path, since: 1, until: u32::MAX, handler }
}

const fn from(since: u32, mut route: Route) -> Route {
    route.since = since;
    route
}

/// All routes.
pub const ROUTES: &[Route] = &[
    route("GET", "/servers", list::index),
    route("POST", "/servers", create::create),
    route("GET", "/servers/detail", list::detail),
    route("GET", "/servers/{id}", servers::show),
    route("PUT", "/servers/{id}", servers::update),
    route("DELETE", "/servers/{id}", servers::delete),
    route("POST", "/servers/{id}/action", actions::act),
    route("GET", "/servers/{id}/os-interface", servers::interfaces),
    route("GET", "/servers/{id}/os-interface/{port}", servers::interface),
    route("DELETE", "/servers/{id}/os-interface/{port}", servers::take_on),
    route("DELETE", "/servers/{id}/os-volume_attachments/{volume}", servers::take_on),
    route("GET", "/servers/{id}/ips", servers::addresses),
    route("GET", "/servers/{id}/os-instance-actions", instance_actions::index),
    route("GET", "/servers/{id}/metadata", servers::metadata),
    route("POST", "/servers/{id}/metadata", servers::add_metadata),
    from(26, route("GET", "/servers/{id}/tags", servers::tags)),
    from(26, route("PUT", "/servers/{id}/tags", servers::set_tags)),
    route("GET", "/flavors", flavor::index),
    route("POST", "/flavors", flavor_admin::create),
    route("GET", "/flavors/detail", flavor::detail),
    route("GET", "/flavors/{id}", flavor::show),
    from(55, route("PUT", "/flavors/{id}", flavor_admin::describe)),
    route("DELETE", "/flavors/{id}", flavor_admin::delete),
    route("POST", "/flavors/{id}/action", flavor_admin::act),
    route("GET", "/flavors/{id}/os-flavor-access", flavor_admin::access),
    route("GET", "/flavors/{id}/os-extra_specs", flavor_admin::specs),
    route("POST", "/flavors/{id}/os-extra_specs", flavor_admin::add_specs),
    route("GET", "/flavors/{id}/os-extra_specs/{key}", flavor_admin::spec),
    route("PUT", "/flavors/{id}/os-extra_specs/{key}", flavor_admin::set_spec),
    route("DELETE", "/flavors/{id}/os-extra_specs/{key}", flavor_admin::delete_spec),
    route("GET", "/os-keypairs", keypairs::index),
    route("POST", "/os-keypairs", keypairs::create),
    route("GET", "/os-keypairs/{name}", keypairs::show),
    route("DELETE", "/os-keypairs/{name}", keypairs::delete),
    route("GET", "/os-server-groups", server_groups::index),
    route("POST", "/os-server-groups", server_groups::create),
    route("GET", "/os-server-groups/{id}", server_groups::show),
    route("DELETE", "/os-server-groups/{id}", server_groups::delete),
    route("GET", "/os-availability-zone", info::zones),
    route("GET", "/os-availability-zone/detail", info::zones_in_detail),
    route("GET", "/os-services", info::services),
    route("GET", "/limits", info::limits),
    route("GET", "/os-quota-class-sets/{name}", quota::class),
    route("PUT", "/os-quota-class-sets/{name}", quota::set_class),
];

/// Paths to the numbers of their routes.
pub fn router() -> matchit::Router<Vec<usize>> {
    let mut router = matchit::Router::new();
    let mut paths: Vec<&str> = ROUTES.iter().map(|route| route.path).collect();
    paths.sort_unstable();
    paths.dedup();
    for path in paths {
        let numbers = ROUTES.iter().enumerate().filter(|(_, route)| route.path == path).map(|(number, _)| number);
        router.insert(path, numbers.collect()).expect("routes that do not clash");
    }
    router
}
