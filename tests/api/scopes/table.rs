//! `scopes.txt`: what Nova 34 answers to tokens of each scope with each role. Every operation of the route and action
//! tables is a line; `tests/e2e/oracle/scopes` asks a real Nova for it, and says how to do so again.

use std::collections::BTreeMap;

use nova_cascade::api::servers::actions::{ACTIONS, Action};
use nova_cascade::identity::policy::{self, Check, Rule};
use nova_cascade::routes::{Class, Route, routes};

/// The columns, in their order: scope and role. A token without a scope has no roles.
pub const ASKERS: [(&str, &str); 16] = [
    ("unscoped", ""),
    ("domain", "admin"),
    ("domain", "manager"),
    ("domain", "member"),
    ("domain", "reader"),
    ("domain", "service"),
    ("system", "admin"),
    ("system", "manager"),
    ("system", "member"),
    ("system", "reader"),
    ("system", "service"),
    ("project", "admin"),
    ("project", "manager"),
    ("project", "member"),
    ("project", "reader"),
    ("project", "service"),
];

/// Parameters by which more is asked for, and finer rules are held.
const QUERIES: [(&str, &str); 8] = [
    ("/servers", "?all_tenants=1"),
    ("/servers/detail", "?all_tenants=1"),
    ("/flavors", "?is_public=none"),
    ("/flavors/detail", "?is_public=none"),
    ("/os-keypairs", "?user_id=another"),
    ("/limits", "?tenant_id={project_id}"),
    ("/os-server-groups", "?all_projects=1"),
    ("/os-quota-sets/{project_id}", "?user_id=another"),
];

/// Rules that are asked in the handler, since they depend on the microversion.
const IN_HANDLERS: [(&str, Rule); 1] =
    [("/os-console-auth-tokens/{token}", policy::admin("os_compute_api:os-console-auth-tokens"))];

/// One line: a route, with an action where it is that of the actions, with a query where that asks for more.
pub struct Operation {
    pub route: &'static Route,
    pub action: Option<&'static Action>,
    pub query: &'static str,
}

/// All of them. Nova has no route of ours.
pub fn operations() -> Vec<Operation> {
    let mut all = Vec::new();
    for route in routes().filter(|route| route.class != Class::Own) {
        let inherited = route.path.starts_with("/os-volumes_boot");
        if route.path.ends_with("/{server_id}/action") {
            let actions = ACTIONS.iter().filter(|action| action.inherited || !inherited);
            all.extend(actions.map(|action| Operation { route, action: Some(action), query: "" }));
            continue;
        }
        all.push(Operation { route, action: None, query: "" });
        let more = QUERIES.iter().filter(|(path, _)| *path == route.path && *route.method == http::Method::GET);
        all.extend(more.map(|(_, query)| Operation { route, action: None, query }));
    }
    all
}

impl Operation {
    pub fn name(&self) -> String {
        let action = self.action.map(|action| format!(" {}", action.name)).unwrap_or_default();
        let path = if self.route.path.is_empty() { "/" } else { self.route.path };
        format!("{} {path}{}{action}", self.route.method, self.query)
    }

    /// None where all may who have a token.
    pub fn rule(&self) -> Option<Rule> {
        let in_handler = || IN_HANDLERS.iter().find(|(path, _)| *path == self.route.path).map(|(_, rule)| *rule);
        match self.action {
            Some(action) => action.removed.is_none().then_some(action.rule),
            None => self.route.rule.or_else(in_handler),
        }
    }

    /// Whether one with the role in the target's project passes the rule.
    pub fn passes(&self, role: &str) -> bool {
        let Some(rule) = self.rule() else { return true };
        match rule.check {
            Check::Any | Check::Own => true,
            Check::ProjectReader => ["admin", "manager", "member", "reader"].contains(&role),
            Check::ProjectMember => ["admin", "manager", "member"].contains(&role),
            Check::ProjectManager => ["admin", "manager"].contains(&role),
            Check::Service => ["admin", "service"].contains(&role),
            Check::Admin => role == "admin",
        }
    }

    /// The newest microversion that has it.
    pub fn version(&self) -> String {
        let last = *self.route.versions.end();
        self.action.map_or(last, |action| last.min(*action.versions.end())).to_string()
    }
}

/// What one is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// It is not refused for who asks, whatever else is wrong with it.
    Passes,
    /// 404: what there is of others is not shown.
    Missing,
    /// 403 by this rule.
    Rule(String),
    /// 403 without a rule: Nova's database asks for a project or an admin.
    Forbidden,
    /// 403 of another service, to which Nova is a proxy.
    Elsewhere,
    /// 5xx: Nova's own mistake.
    Fails,
    /// Not asked, for it would be done; Nova's rule lets it pass.
    NotAsked,
}

impl Cell {
    pub fn read(status: u16, message: &str) -> Self {
        let rule =
            message.strip_prefix("Policy doesn't allow ").and_then(|rest| rest.strip_suffix(" to be performed."));
        match (status, rule) {
            (403, Some(rule)) => Self::Rule(rule.to_owned()),
            (403, None) if message == "Forbidden" => Self::Forbidden,
            (401, _) => panic!("the token is not valid: {message}"),
            (403, None) => Self::Elsewhere,
            (404, _) => Self::Missing,
            (500.., _) => Self::Fails,
            _ => Self::Passes,
        }
    }

    /// What the top answers to the asker of a column where Nova answers this: the same, but that it refuses by the rule
    /// where Nova fails, or does not get to its rule, since it looks for something in a project that is not the token's.
    pub fn on_top(&self, operation: &Operation, column: usize) -> Self {
        let (scope, role) = ASKERS[column];
        let refused = scope != "project" || !operation.passes(role);
        let of_server = operation.route.path.contains("{server_id}") && refused;
        match (self, operation.rule()) {
            (Self::Fails, Some(rule)) => Self::Rule(rule.name.to_owned()),
            (Self::Forbidden | Self::Missing, Some(rule)) if of_server => Self::Rule(rule.name.to_owned()),
            (Self::NotAsked, _) => Self::Passes,
            _ => self.clone(),
        }
    }

    /// Whether the asker of a column got this or `other`, which is one. What a project's path names may be there on one
    /// side alone (volumes, shares); to others it is not there on any.
    pub fn is(&self, other: &Self, column: usize) -> bool {
        let there = [Self::Passes, Self::Missing];
        let alike = ASKERS[column].0 == "project" && there.contains(self) && there.contains(other);
        self == other || alike
    }
}

/// The file's lines, by name of the operation.
pub struct Table(BTreeMap<String, Vec<Cell>>);

impl Table {
    pub fn captured() -> Self {
        Self::parse(include_str!("../scopes.txt"))
    }

    /// Reads the text of such a file.
    pub fn parse(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Self(
            lines
                .filter_map(|line| line.split_once(" | "))
                .map(|(name, rest)| (name.trim().into(), cells(rest)))
                .collect(),
        )
    }

    /// What the asker of this column is answered.
    ///
    /// # Panics
    /// Where no line tells of the operation.
    pub fn cell(&self, operation: &Operation, column: usize) -> &Cell {
        let name = operation.name();
        let line = self.0.get(&name).unwrap_or_else(|| panic!("scopes.txt does not tell of {name}: capture it again"));
        &line[column]
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}

fn cells(text: &str) -> Vec<Cell> {
    let mut words = text.split(' ');
    let letters: String = words.by_ref().take(4).collect();
    let rules: Vec<&str> = words.collect();
    let cell = |letter: char| match letter {
        '.' => Cell::Passes,
        '0' => Cell::Missing,
        'F' => Cell::Forbidden,
        'G' => Cell::Elsewhere,
        '!' => Cell::Fails,
        '-' => Cell::NotAsked,
        letter => {
            let at = u32::from(letter).wrapping_sub(u32::from('a')) as usize;
            let rule = rules.get(at).copied().unwrap_or_else(|| panic!("no rule for {letter} in {text}"));
            Cell::Rule(rule.to_owned())
        }
    };
    let cells: Vec<Cell> = letters.chars().map(cell).collect();
    assert_eq!(cells.len(), ASKERS.len(), "{text}");
    cells
}
