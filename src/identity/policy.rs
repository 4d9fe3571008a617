//! Policy rules by Nova's names, with Nova 34's defaults (nova/policies/*.py).
//!
//! All of Nova 34's rules have `scope_types = ["project"]`: a token for a domain or for the system passes none of them,
//! whatever its roles. One without a scope counts as a project's (oslo.policy, `Enforcer._enforce_scope`), but has no
//! roles and no project.

use super::{Identity, Scope};
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
    /// Manager (or more) of the target's project, or admin.
    ProjectManager,
    /// A service, or admin.
    Service,
    /// The user whose it is, or admin.
    Own,
}

/// A rule: its name in Nova, and its default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Full name, as faults show it.
    pub name: &'static str,
    /// Its default.
    pub check: Check,
}

/// A rule that lets everyone pass who has a token.
#[must_use]
pub const fn any(name: &'static str) -> Rule {
    Rule { name, check: Check::Any }
}

/// A rule that lets readers of the project pass.
#[must_use]
pub const fn reader(name: &'static str) -> Rule {
    Rule { name, check: Check::ProjectReader }
}

/// A rule that lets members of the project pass.
#[must_use]
pub const fn member(name: &'static str) -> Rule {
    Rule { name, check: Check::ProjectMember }
}

/// A rule that lets managers of the project pass.
#[must_use]
pub const fn manager(name: &'static str) -> Rule {
    Rule { name, check: Check::ProjectManager }
}

/// A rule that lets other services pass.
#[must_use]
pub const fn service(name: &'static str) -> Rule {
    Rule { name, check: Check::Service }
}

/// A rule that lets users pass for what is their own; see [`Rule::allows_user`].
#[must_use]
pub const fn own(name: &'static str) -> Rule {
    Rule { name, check: Check::Own }
}

/// A rule that lets admins pass.
#[must_use]
pub const fn admin(name: &'static str) -> Rule {
    Rule { name, check: Check::Admin }
}

// Rules that handlers ask; a route's own rule stands in its row.

/// List servers of all projects.
pub const SERVERS_INDEX_ALL: Rule = admin("os_compute_api:servers:index:get_all_tenants");
/// List servers of all projects in detail.
pub const SERVERS_DETAIL_ALL: Rule = admin("os_compute_api:servers:detail:get_all_tenants");
/// Use every list filter.
pub const SERVERS_ALL_FILTERS: Rule = admin("os_compute_api:servers:allow_all_filters");
/// See limits of another project.
pub const LIMITS_OTHER_PROJECT: Rule = admin("os_compute_api:limits:other_project");
/// See a server's flavor extra specs in it.
pub const SERVERS_SHOW_EXTRA_SPECS: Rule = reader("os_compute_api:servers:show:flavor-extra-specs");
/// See the status of a server's host.
pub const SERVERS_SHOW_HOST_STATUS: Rule = admin("os_compute_api:servers:show:host_status");
/// See host, instance name and the like.
pub const EXTENDED_ATTRIBUTES: Rule = admin("os_compute_api:os-extended-server-attributes");
/// See extra specs in flavors.
pub const EXTRA_SPECS_INDEX: Rule = reader("os_compute_api:os-flavor-extra-specs:index");
/// List server groups of all projects.
pub const SERVER_GROUPS_ALL: Rule = admin("os_compute_api:os-server-groups:index:all_projects");

impl Rule {
    /// Whether `identity` passes for a target of `project_id`.
    #[must_use]
    pub fn allows(self, identity: &Identity, project_id: &str) -> bool {
        let own = !project_id.is_empty() && identity.project_id == project_id;
        // A project owns nothing of a user's.
        self.passes(identity, own, false)
    }

    /// The one check: `own_project` and `own_user` say whether the target is the caller's project's, or the caller's.
    fn passes(self, identity: &Identity, own_project: bool, own_user: bool) -> bool {
        if matches!(identity.scope, Scope::Domain | Scope::System) {
            return false;
        }
        let has = |role: &str| identity.has_role(role);
        match self.check {
            Check::Any => true,
            _ if identity.is_admin() => true,
            Check::Admin => false,
            Check::Own => own_user,
            Check::Service => has("service"),
            Check::ProjectReader => own_project && has("reader"),
            Check::ProjectMember => own_project && has("member"),
            Check::ProjectManager => own_project && has("manager"),
        }
    }

    /// [`Rule::allows`] or Nova's fault.
    ///
    /// # Errors
    /// 403 with the rule's name.
    pub fn require(self, identity: &Identity, project_id: &str) -> ApiResult<()> {
        if self.allows(identity, project_id) { Ok(()) } else { Err(self.refusal()) }
    }

    /// Whether `identity` passes for what is a user's.
    #[must_use]
    pub fn allows_user(self, identity: &Identity, user_id: &str) -> bool {
        let own = !user_id.is_empty() && identity.user_id == user_id;
        self.passes(identity, !identity.project_id.is_empty(), own)
    }

    /// [`Rule::allows_user`] or Nova's fault.
    ///
    /// # Errors
    /// 403 with the rule's name.
    pub fn require_user(self, identity: &Identity, user_id: &str) -> ApiResult<()> {
        if self.allows_user(identity, user_id) { Ok(()) } else { Err(self.refusal()) }
    }

    fn refusal(self) -> Fault {
        Fault::forbidden(format!("Policy doesn't allow {} to be performed.", self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn someone(project_id: &str, roles: &[&str]) -> Identity {
        let roles = roles.iter().map(|r| (*r).to_owned()).collect();
        Identity { project_id: project_id.into(), roles, scope: Scope::Project, ..Identity::default() }
    }

    #[test]
    fn roles_of_another_scope_count_for_nothing() {
        let (anyone, keys) = (super::any("os_compute_api:limits"), own("os_compute_api:os-keypairs:index"));
        let everything = ["admin", "manager", "member", "reader", "service"];
        for (scope, counts) in
            [(Scope::Unscoped, true), (Scope::Project, true), (Scope::Domain, false), (Scope::System, false)]
        {
            let user = Identity { user_id: "u".into(), scope, ..someone("", &everything) };
            assert_eq!(anyone.allows(&user, ""), counts, "{scope:?}");
            assert_eq!(SERVERS_INDEX_ALL.allows(&user, "p"), counts, "{scope:?}");
            assert_eq!(keys.allows_user(&user, "u"), counts, "{scope:?}");
        }
        let nobody = Identity { user_id: "u".into(), scope: Scope::Unscoped, ..someone("", &[]) };
        assert!(anyone.allows(&nobody, "") && keys.allows_user(&nobody, "u") && !keys.allows_user(&nobody, "v"));
        assert!(!super::reader("show").allows(&nobody, ""));
    }

    #[test]
    fn defaults_are_nova_34s() {
        let reader = someone("p", &["reader"]);
        let member = someone("p", &["member", "reader"]);
        let admin = someone("other", &["admin"]);
        let (show, create) = (super::reader("show"), super::member("os_compute_api:servers:create"));
        assert!(show.allows(&reader, "p") && !show.allows(&reader, "q"));
        assert!(!create.allows(&reader, "p") && create.allows(&member, "p"));
        assert!(!super::manager("migrate").allows(&member, "p"));
        assert!(SERVERS_INDEX_ALL.allows(&admin, "p") && !SERVERS_INDEX_ALL.allows(&member, "p"));
        let keys = own("os_compute_api:os-keypairs:index");
        let user = Identity { user_id: "u".into(), ..someone("p", &[]) };
        assert!(keys.allows_user(&user, "u") && !keys.allows_user(&user, "v") && keys.allows_user(&admin, "v"));
        assert!(!keys.allows(&user, "p") && !keys.allows_user(&reader, ""));
        let fault = create.require(&reader, "p").expect_err("refused");
        assert_eq!(fault.message, "Policy doesn't allow os_compute_api:servers:create to be performed.");
    }
}
