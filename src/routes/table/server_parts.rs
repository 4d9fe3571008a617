//! What belongs to a server and is answered by its region.

use http::Method;

use crate::api::servers::{instance_actions, interfaces, metadata, routed};
use crate::api::{console_tokens, external_events};
use crate::identity::policy::{Rule, admin, manager, member, reader, service};
use crate::routes::Class::{Merged, Proxied, Routed};
use crate::routes::Effect::{PortGone, VolumeGone, VolumeThere};
use crate::routes::Route;
use crate::routes::Unsettles::{Round, Show, Until};
use crate::routes::row::{DELETE, GET, POST, PUT, handler, row};

const fn routed(method: &'static Method, path: &'static str, rule: Rule) -> Route {
    row(Routed, method, path, handler!(routed::forward)).of_server(rule)
}

const fn metadata(method: &'static Method, path: &'static str, rule: Rule) -> Route {
    row(Routed, method, path, handler!(metadata::change))
        .of_server(rule)
        .unsettles(Show)
        .note("Forwarded to the server's region; how many items it may have is the top's quota.")
}

const INTERFACES_NOTE: &str = "From the ports the sync last read in the region's Neutron; from 2.70 on, with the device \
                               tags that only the region's Nova knows, forwarded.";

const ACTIONS_NOTE: &str = "Those that the server's region keeps, and behind them the top's own: the regions that a boot was \
                            tried in and why they did not launch it.";

pub(super) static ROWS: [Route; 41] = [
    routed(GET, "/servers/{server_id}/diagnostics", admin("os_compute_api:os-server-diagnostics")),
    routed(GET, "/servers/{server_id}/ips", reader("os_compute_api:ips:index")),
    routed(GET, "/servers/{server_id}/ips/{label}", reader("os_compute_api:ips:show")),
    // Metadata
    routed(GET, "/servers/{server_id}/metadata", reader("os_compute_api:server-metadata:index")),
    metadata(POST, "/servers/{server_id}/metadata", member("os_compute_api:server-metadata:create")),
    metadata(PUT, "/servers/{server_id}/metadata", member("os_compute_api:server-metadata:update_all")),
    routed(GET, "/servers/{server_id}/metadata/{key}", reader("os_compute_api:server-metadata:show")),
    metadata(PUT, "/servers/{server_id}/metadata/{key}", member("os_compute_api:server-metadata:update")),
    routed(DELETE, "/servers/{server_id}/metadata/{key}", member("os_compute_api:server-metadata:delete"))
        .unsettles(Show),
    // Migrations under way
    routed(GET, "/servers/{server_id}/migrations", manager("os_compute_api:servers:migrations:index")).since(23),
    routed(GET, "/servers/{server_id}/migrations/{id}", admin("os_compute_api:servers:migrations:show")).since(23),
    routed(DELETE, "/servers/{server_id}/migrations/{id}", manager("os_compute_api:servers:migrations:delete"))
        .since(24)
        .unsettles(Round),
    routed(
        POST,
        "/servers/{server_id}/migrations/{id}/action",
        manager("os_compute_api:servers:migrations:force_complete"),
    )
    .since(22)
    .unsettles(Round),
    // Actions
    row(Routed, GET, "/servers/{server_id}/os-instance-actions", handler!(instance_actions::index))
        .of_server(reader("os_compute_api:os-instance-actions:list"))
        .deleted_too()
        .note(ACTIONS_NOTE),
    row(Routed, GET, "/servers/{server_id}/os-instance-actions/{request_id}", handler!(instance_actions::show))
        .of_server(reader("os_compute_api:os-instance-actions:show"))
        .deleted_too()
        .note(ACTIONS_NOTE),
    // Interfaces
    row(Merged, GET, "/servers/{server_id}/os-interface", handler!(interfaces::index))
        .of_server(reader("os_compute_api:os-attach-interfaces:list"))
        .note(INTERFACES_NOTE),
    row(Routed, POST, "/servers/{server_id}/os-interface", handler!(interfaces::attach))
        .of_server(member("os_compute_api:os-attach-interfaces:create"))
        .unsettles(Show)
        .note("Forwarded to the server's region, with the network as it is called there."),
    row(Merged, GET, "/servers/{server_id}/os-interface/{port_id}", handler!(interfaces::show))
        .of_server(reader("os_compute_api:os-attach-interfaces:show"))
        .note(INTERFACES_NOTE),
    routed(DELETE, "/servers/{server_id}/os-interface/{port_id}", member("os_compute_api:os-attach-interfaces:delete"))
        .unsettles(Until(PortGone)),
    routed(GET, "/servers/{server_id}/os-security-groups", reader("os_compute_api:os-security-groups:list")),
    // The password that a guest left in the metadata service
    routed(GET, "/servers/{server_id}/os-server-password", reader("os_compute_api:os-server-password:show")),
    routed(DELETE, "/servers/{server_id}/os-server-password", member("os_compute_api:os-server-password:clear"))
        .unsettles(Round),
    // Volumes
    routed(GET, "/servers/{server_id}/os-volume_attachments", reader("os_compute_api:os-volumes-attachments:index")),
    routed(POST, "/servers/{server_id}/os-volume_attachments", member("os_compute_api:os-volumes-attachments:create"))
        .unsettles(Until(VolumeThere)),
    routed(
        GET,
        "/servers/{server_id}/os-volume_attachments/{volume_id}",
        reader("os_compute_api:os-volumes-attachments:show"),
    ),
    routed(
        PUT,
        "/servers/{server_id}/os-volume_attachments/{volume_id}",
        member("os_compute_api:os-volumes-attachments:update"),
    )
    .unsettles(Show)
    .note("Forwarded to the server's region, which asks os-volumes-attachments:swap where the volume is another."),
    routed(
        DELETE,
        "/servers/{server_id}/os-volume_attachments/{volume_id}",
        member("os_compute_api:os-volumes-attachments:delete"),
    )
    .unsettles(Until(VolumeGone)),
    // Consoles
    routed(POST, "/servers/{server_id}/remote-consoles", member("os_compute_api:os-remote-consoles")).since(6),
    row(Proxied, GET, "/os-console-auth-tokens/{token}", handler!(console_tokens::show))
        .secrets(&["token"])
        .note("For admins. Every region is asked; the one that made the token answers."),
    row(Routed, POST, "/os-server-external-events", handler!(external_events::create))
        .rule(service("os_compute_api:os-server-external-events:create"))
        .note("Each event goes to the region of its server."),
    // Shares
    routed(GET, "/servers/{server_id}/shares", reader("os_compute_api:os-server-shares:index"))
        .of_any_server()
        .since(97),
    routed(POST, "/servers/{server_id}/shares", member("os_compute_api:os-server-shares:create"))
        .of_any_server()
        .since(97)
        .unsettles(Round),
    routed(GET, "/servers/{server_id}/shares/{share_id}", reader("os_compute_api:os-server-shares:show"))
        .of_any_server()
        .since(97),
    routed(DELETE, "/servers/{server_id}/shares/{share_id}", member("os_compute_api:os-server-shares:delete"))
        .of_any_server()
        .since(97)
        .unsettles(Round),
    // Tags
    routed(GET, "/servers/{server_id}/tags", reader("os_compute_api:os-server-tags:index")).of_any_server().since(26),
    routed(PUT, "/servers/{server_id}/tags", member("os_compute_api:os-server-tags:update_all"))
        .of_any_server()
        .since(26)
        .unsettles(Show),
    routed(DELETE, "/servers/{server_id}/tags", member("os_compute_api:os-server-tags:delete_all"))
        .of_any_server()
        .since(26)
        .unsettles(Show),
    routed(GET, "/servers/{server_id}/tags/{tag}", reader("os_compute_api:os-server-tags:show"))
        .of_any_server()
        .since(26),
    routed(PUT, "/servers/{server_id}/tags/{tag}", member("os_compute_api:os-server-tags:update"))
        .of_any_server()
        .since(26)
        .unsettles(Show),
    routed(DELETE, "/servers/{server_id}/tags/{tag}", member("os_compute_api:os-server-tags:delete"))
        .of_any_server()
        .since(26)
        .unsettles(Show),
    routed(GET, "/servers/{server_id}/topology", reader("compute:server:topology:index")).since(78),
];
