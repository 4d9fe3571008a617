//! Servers, and the path by which they once were booted from volumes (to 2.102), which does the same.

use crate::api::servers::{action, create, delete, index, show, update};
use crate::identity::policy::{member, reader};
use crate::routes::Class::{Merged, Routed, Scheduled};
use crate::routes::row::{DELETE, GET, POST, PUT, handler, row};
use crate::routes::{Route, Unsettles};

const fn list(path: &'static str) -> Route {
    row(Merged, GET, path, handler!(index::index))
        .rule(reader("os_compute_api:servers:index"))
        .note("From the top's rows. The marker must be a server the caller may see.")
}

const fn detail(path: &'static str) -> Route {
    row(Merged, GET, path, handler!(index::detail)).rule(reader("os_compute_api:servers:detail")).note(
        "As the list. Servers of a region that does not answer are shown as last known; from 2.69 on with status UNKNOWN \
         after region.unknown_after_s, below it with the header X-Cascade-Stale. Tags, security groups and \
         volumes that were changed in the region itself are shown after sync.sweep_period_s at most.",
    )
}

const fn boot(path: &'static str) -> Route {
    row(Scheduled, POST, path, handler!(create::create)).rule(member("os_compute_api:servers:create")).note(
        "Boots in a region chosen by the selector; the server keeps the id its region gives it. Ids of networks, images \
         and flavors are replaced by those of the region.",
    )
}

const fn show(path: &'static str) -> Route {
    row(Merged, GET, path, handler!(show::show))
        .query(102, &[])
        .of_server(reader("os_compute_api:servers:show"))
        .note("From the top's row, after a fresh round over its region while something is under way.")
}

const fn update(path: &'static str) -> Route {
    row(Routed, PUT, path, handler!(update::update))
        .of_server(member("os_compute_api:servers:update"))
        .unsettles(Unsettles::Show)
        .note("Forwarded to the server's region; the zone to pin to is one of the top's.")
}

const fn delete(path: &'static str) -> Route {
    row(Routed, DELETE, path, handler!(delete::delete))
        .of_server(member("os_compute_api:servers:delete"))
        .unsettles(Unsettles::Round)
        .note("Forwarded to the server's region; the row stays, as deleting, until the region no longer has it.")
}

/// The rule and how the server is found are the action's own.
const fn action(path: &'static str) -> Route {
    row(Routed, POST, path, handler!(action::action))
        .note("Forwarded to the server's region; each action is a row of the table below.")
}

pub(super) static ROWS: [Route; 14] = [
    list("/servers"),
    detail("/servers/detail"),
    boot("/servers"),
    show("/servers/{server_id}"),
    update("/servers/{server_id}"),
    delete("/servers/{server_id}"),
    action("/servers/{server_id}/action"),
    list("/os-volumes_boot").until(102),
    detail("/os-volumes_boot/detail").until(102),
    boot("/os-volumes_boot").until(102),
    show("/os-volumes_boot/{server_id}").until(102),
    update("/os-volumes_boot/{server_id}").until(102),
    delete("/os-volumes_boot/{server_id}").until(102),
    action("/os-volumes_boot/{server_id}/action").until(102),
];
