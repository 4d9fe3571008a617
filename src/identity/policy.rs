//! Policy rules by Nova's names, with Nova 34's defaults (nova/policies/*.py).

use super::Identity;
use crate::error::{ApiResult, Fault};

/// Who passes a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// Any valid token.
    Any,
    /// `context_is_admin`.
    Admin,
    /// Reader (or more) of the target's project, or admin.
    ProjectReader,
    /// Member (or more) of the target's project, or admin.
    ProjectMember,
}

/// A rule: its name in Nova, and its default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Full name, as faults show it.
    pub name: &'static str,
    /// Its default.
    pub check: Check,
}

macro_rules! rules {
    ($($(#[$doc:meta])* $id:ident = $name:literal, $check:ident;)*) => {
        $($(#[$doc])* pub const $id: Rule = Rule { name: $name, check: Check::$check };)*
    };
}

rules! {
    /// List servers.
    SERVERS_INDEX = "os_compute_api:servers:index", ProjectReader;
    /// List servers in detail.
    SERVERS_DETAIL = "os_compute_api:servers:detail", ProjectReader;
    /// List servers of all projects.
    SERVERS_INDEX_ALL = "os_compute_api:servers:index:get_all_tenants", Admin;
    /// List servers of all projects in detail.
    SERVERS_DETAIL_ALL = "os_compute_api:servers:detail:get_all_tenants", Admin;
    /// Use every list filter.
    SERVERS_ALL_FILTERS = "os_compute_api:servers:allow_all_filters", Admin;
    /// Show a server.
    SERVERS_SHOW = "os_compute_api:servers:show", ProjectReader;
    /// See a server's flavor extra specs in it.
    SERVERS_SHOW_EXTRA_SPECS = "os_compute_api:servers:show:flavor-extra-specs", ProjectReader;
    /// See the status of a server's host.
    SERVERS_SHOW_HOST_STATUS = "os_compute_api:servers:show:host_status", Admin;
    /// See host, instance name and the like.
    EXTENDED_ATTRIBUTES = "os_compute_api:os-extended-server-attributes", Admin;
    /// Boot.
    SERVERS_CREATE = "os_compute_api:servers:create", ProjectMember;
    /// Delete a server.
    SERVERS_DELETE = "os_compute_api:servers:delete", ProjectMember;
    /// List a server's interfaces.
    INTERFACES_LIST = "os_compute_api:os-attach-interfaces:list", ProjectReader;
    /// Show one of a server's interfaces.
    INTERFACES_SHOW = "os_compute_api:os-attach-interfaces:show", ProjectReader;
    /// See extra specs in flavors.
    EXTRA_SPECS_INDEX = "os_compute_api:os-flavor-extra-specs:index", ProjectReader;
}

impl Rule {
    /// Whether `identity` passes for a target of `project_id`.
    #[must_use]
    pub fn allows(self, identity: &Identity, project_id: &str) -> bool {
        let own = !project_id.is_empty() && identity.project_id == project_id;
        match self.check {
            Check::Any => true,
            Check::Admin => identity.is_admin(),
            Check::ProjectReader => identity.is_admin() || (own && identity.has_role("reader")),
            Check::ProjectMember => identity.is_admin() || (own && identity.has_role("member")),
        }
    }

    /// [`Rule::allows`] or Nova's fault.
    ///
    /// # Errors
    /// 403 with the rule's name.
    pub fn require(self, identity: &Identity, project_id: &str) -> ApiResult<()> {
        if self.allows(identity, project_id) {
            return Ok(());
        }
        Err(Fault::forbidden(format!("Policy doesn't allow {} to be performed.", self.name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn someone(project_id: &str, roles: &[&str]) -> Identity {
        let roles = roles.iter().map(|r| (*r).to_owned()).collect();
        Identity { project_id: project_id.into(), roles, ..Identity::default() }
    }

    #[test]
    fn defaults_are_nova_34s() {
        let reader = someone("p", &["reader"]);
        let member = someone("p", &["member", "reader"]);
        let admin = someone("other", &["admin"]);
        assert!(SERVERS_SHOW.allows(&reader, "p") && !SERVERS_SHOW.allows(&reader, "q"));
        assert!(!SERVERS_CREATE.allows(&reader, "p") && SERVERS_CREATE.allows(&member, "p"));
        assert!(SERVERS_INDEX_ALL.allows(&admin, "p") && !SERVERS_INDEX_ALL.allows(&member, "p"));
        let fault = SERVERS_CREATE.require(&reader, "p").expect_err("refused");
        assert_eq!(fault.message, "Policy doesn't allow os_compute_api:servers:create to be performed.");
    }
}
