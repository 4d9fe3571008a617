//! The actions of a server, as rows (nova/api/openstack/compute/*.py, `wsgi.action`).

use std::ops::RangeInclusive;

use http::StatusCode;

use crate::cascade::charge::Charges;
use crate::cascade::limits::Limited;
use crate::cascade::translate::{Field, Names};
use crate::db::removals::reason;
use crate::identity::policy::{Rule, admin, manager, member};
use crate::microversion::{MAX_KNOWN, MIN, Microversion, v2};
use crate::routes::Effect::ResizeConfirmed;
use crate::routes::Target;
use crate::routes::Unsettles::{self, Nothing, Round, Show, Until};

/// One action: a key of the body.
#[derive(Debug)]
pub struct Action {
    /// The key.
    pub name: &'static str,
    /// Microversions at which it exists.
    pub versions: RangeInclusive<Microversion>,
    /// Asked of the server's project.
    pub rule: Rule,
    /// How the server is found.
    pub target: Target,
    /// What Nova answers to everyone, for it keeps the key only to say that it is gone.
    pub removed: Option<StatusCode>,
    /// `/os-volumes_boot` has it too.
    pub inherited: bool,
    /// What it does to the server's row.
    pub unsettles: Unsettles,
    /// Fields of the body that name things of the top.
    pub names: &'static [Field],
    /// Fields of the body whose number or size is limited.
    pub limits: &'static [Limited],
    /// What it costs the project.
    pub charges: Charges,
    /// Answers with the server's document.
    pub shows_server: bool,
    /// The server is to be gone: why, as [`reason`] has it.
    pub deletes: Option<&'static str>,
}

const fn action(name: &'static str, rule: Rule, unsettles: Unsettles) -> Action {
    Action {
        name,
        versions: MIN..=MAX_KNOWN,
        rule,
        target: Target::Server,
        removed: None,
        inherited: false,
        unsettles,
        names: &[],
        limits: &[],
        charges: Charges::Nothing,
        shows_server: false,
        deletes: None,
    }
}

/// An action for members.
const fn plain(name: &'static str, rule: &'static str) -> Action {
    action(name, member(rule), Round)
}

/// One of Nova's servers controller itself.
const fn own(name: &'static str, rule: &'static str) -> Action {
    Action { inherited: true, ..plain(name, rule) }
}

/// A console, to 2.5.
const fn console(name: &'static str) -> Action {
    action(name, member("os_compute_api:os-remote-consoles"), Nothing).until(5)
}

impl Action {
    const fn mapped(mut self) -> Self {
        self.target = Target::MappedServer;
        self
    }

    const fn removed(mut self, status: StatusCode) -> Self {
        self.removed = Some(status);
        self
    }

    const fn since(mut self, minor: u16) -> Self {
        self.versions = v2(minor)..=*self.versions.end();
        self
    }

    const fn until(mut self, minor: u16) -> Self {
        self.versions = *self.versions.start()..=v2(minor);
        self
    }

    const fn unsettling(mut self, unsettles: Unsettles) -> Self {
        self.unsettles = unsettles;
        self
    }

    const fn limited(mut self, limits: &'static [Limited]) -> Self {
        self.limits = limits;
        self
    }

    const fn charging(mut self, charges: Charges) -> Self {
        self.charges = charges;
        self
    }

    const fn names(mut self, names: &'static [Field]) -> Self {
        self.names = names;
        self
    }
}

/// All of them.
pub static ACTIONS: [Action; 41] = [
    own("confirmResize", "os_compute_api:servers:confirm_resize").unsettling(Until(ResizeConfirmed)),
    own("revertResize", "os_compute_api:servers:revert_resize"),
    own("createImage", "os_compute_api:servers:create_image").limited(&[Limited::image("/createImage/metadata")]),
    plain("createBackup", "os_compute_api:os-create-backup").limited(&[Limited::image("/createBackup/metadata")]),
    own("os-start", "os_compute_api:servers:start").mapped(),
    own("os-stop", "os_compute_api:servers:stop").mapped(),
    own("reboot", "os_compute_api:servers:reboot"),
    Action {
        shows_server: true,
        ..own("rebuild", "os_compute_api:servers:rebuild")
            .names(&[("/rebuild/imageRef", Names::Image), ("/rebuild/key_name", Names::KeyPair)])
            .limited(&[Limited::metadata("/rebuild/metadata"), Limited::files("/rebuild/personality")])
    },
    own("resize", "os_compute_api:servers:resize")
        .names(&[("/resize/flavorRef", Names::Flavor)])
        .charging(Charges::Flavor("/resize/flavorRef"))
        .unsettling(Show),
    own("trigger_crash_dump", "os_compute_api:servers:trigger_crash_dump").mapped().since(17),
    plain("changePassword", "os_compute_api:os-admin-password"),
    plain("pause", "os_compute_api:os-pause-server:pause"),
    plain("unpause", "os_compute_api:os-pause-server:unpause"),
    plain("suspend", "os_compute_api:os-suspend-server:suspend"),
    plain("resume", "os_compute_api:os-suspend-server:resume"),
    plain("lock", "os_compute_api:os-lock-server:lock"),
    plain("unlock", "os_compute_api:os-lock-server:unlock"),
    plain("rescue", "os_compute_api:os-rescue").names(&[("/rescue/rescue_image_ref", Names::Image)]),
    plain("unrescue", "os_compute_api:os-unrescue"),
    plain("shelve", "os_compute_api:os-shelve:shelve"),
    plain("unshelve", "os_compute_api:os-shelve:unshelve").names(&[("/unshelve/availability_zone", Names::Zone)]),
    action("shelveOffload", admin("os_compute_api:os-shelve:shelve_offload"), Round),
    Action { deletes: Some(reason::FORCE), ..plain("forceDelete", "os_compute_api:os-deferred-delete:force") },
    plain("restore", "os_compute_api:os-deferred-delete:restore").charging(Charges::Whole).unsettling(Show),
    plain("os-getConsoleOutput", "os_compute_api:os-console-output").unsettling(Nothing),
    plain("addSecurityGroup", "os_compute_api:os-security-groups:add").unsettling(Show),
    plain("removeSecurityGroup", "os_compute_api:os-security-groups:remove").unsettling(Show),
    action("evacuate", admin("os_compute_api:os-evacuate"), Round),
    action("migrate", manager("os_compute_api:os-migrate-server:migrate"), Round),
    action("os-migrateLive", manager("os_compute_api:os-migrate-server:migrate_live"), Round),
    action("os-resetState", admin("os_compute_api:os-admin-actions:reset_state"), Round),
    action("injectNetworkInfo", admin("os_compute_api:os-admin-actions:inject_network_info"), Round),
    plain("addFixedIp", "os_compute_api:os-multinic:add").unsettling(Show).until(43),
    plain("removeFixedIp", "os_compute_api:os-multinic:remove").unsettling(Show).until(43),
    plain("addFloatingIp", "os_compute_api:os-floating-ips:add").unsettling(Show).until(43),
    plain("removeFloatingIp", "os_compute_api:os-floating-ips:remove").unsettling(Show).until(43),
    console("os-getVNCConsole"),
    console("os-getSPICEConsole"),
    console("os-getSerialConsole"),
    console("os-getRDPConsole").removed(StatusCode::BAD_REQUEST),
    plain("resetNetwork", "os_compute_api:os-admin-actions").unsettling(Nothing).removed(StatusCode::GONE),
];
