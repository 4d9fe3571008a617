//! Projects and users.

use uuid::Uuid;

/// Every user's password, until it is changed.
pub const PASSWORD: &str = "secret";

/// Something with an id and a name in the default domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub id: String,
    pub name: String,
}

/// A user, with roles in one project.
#[derive(Clone, Debug)]
pub struct User {
    pub id: String,
    pub name: String,
    pub project: Named,
    pub roles: Vec<String>,
    pub password: String,
}

/// All projects and users.
#[derive(Debug, Default)]
pub struct Identity {
    projects: Vec<Named>,
    users: Vec<User>,
}

impl Identity {
    /// What every test knows: an operator, two tenants, a reader, and the proxy's service account.
    pub fn standard() -> Self {
        let mut identity = Self::default();
        for project in ["admin", "demo", "alt", "service"] {
            identity.add_project(project);
        }
        identity.add_user("admin", "admin", &["admin", "manager", "member", "reader"]);
        identity.add_user("demo", "demo", &["member", "reader"]);
        identity.add_user("alt", "alt", &["member", "reader"]);
        identity.add_user("reader", "demo", &["reader"]);
        identity.add_user("cascade", "service", &["admin", "manager", "member", "reader", "service"]);
        identity
    }

    pub fn add_project(&mut self, name: &str) -> String {
        let id = hex_id();
        self.projects.push(Named { id: id.clone(), name: name.into() });
        id
    }

    pub fn add_user(&mut self, name: &str, project: &str, roles: &[&str]) -> String {
        let id = hex_id();
        let roles = roles.iter().map(ToString::to_string).collect();
        let (project, password) = (self.project(project), PASSWORD.to_owned());
        self.users.push(User { id: id.clone(), name: name.into(), project, roles, password });
        id
    }

    pub fn set_roles(&mut self, name: &str, roles: &[&str]) {
        let user = self.users.iter_mut().find(|user| user.name == name).expect("a known user");
        user.roles = roles.iter().map(ToString::to_string).collect();
    }

    pub fn set_password(&mut self, name: &str, password: &str) {
        let user = self.users.iter_mut().find(|user| user.name == name).expect("a known user");
        password.clone_into(&mut user.password);
    }

    /// A project by name.
    pub fn project(&self, name: &str) -> Named {
        self.projects.iter().find(|project| project.name == name).cloned().expect("a known project")
    }

    pub fn projects(&self) -> &[Named] {
        &self.projects
    }

    /// A user by name.
    pub fn user(&self, name: &str) -> User {
        self.find_user(|user| user.name == name).expect("a known user")
    }

    pub fn find_user(&self, wanted: impl Fn(&User) -> bool) -> Option<User> {
        self.users.iter().find(|user| wanted(user)).cloned()
    }
}

/// 32 hex digits, the form of Keystone's ids.
pub fn hex_id() -> String {
    Uuid::new_v4().simple().to_string()
}
