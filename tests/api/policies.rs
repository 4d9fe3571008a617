//! Every rule by its name and default against Nova's own. `policies.txt` has those of Nova 34, `name check` a line: what
//! `nova.policies.list_rules()` gives, less the aliases that checks are made of.

use std::collections::BTreeMap;
use std::path::Path;

use nova_cascade::api::servers::actions::ACTIONS;
use nova_cascade::identity::policy::Check;
use nova_cascade::routes;
use regex::Regex;

fn novas() -> BTreeMap<&'static str, &'static str> {
    include_str!("policies.txt").lines().filter_map(|line| line.split_once(' ')).collect()
}

/// The constructors of rules, and what Nova calls their checks.
const CONSTRUCTORS: [(&str, &str); 7] = [
    ("any", "@"),
    ("admin", "rule:context_is_admin"),
    ("reader", "rule:project_reader_or_admin"),
    ("member", "rule:project_member_or_admin"),
    ("manager", "rule:project_manager_or_admin"),
    ("service", "rule:service_or_admin"),
    ("own", "(rule:context_is_admin) or user_id:%(user_id)s"),
];

fn check_of(constructor: &str) -> &'static str {
    CONSTRUCTORS.iter().find(|(name, _)| *name == constructor).map(|(_, check)| *check).expect(constructor)
}

fn default(check: Check) -> &'static str {
    check_of(match check {
        Check::Any => "any",
        Check::Admin => "admin",
        Check::ProjectReader => "reader",
        Check::ProjectMember => "member",
        Check::ProjectManager => "manager",
        Check::Service => "service",
        Check::Own => "own",
    })
}

/// How the names of rules begin that Nova does not have.
const OWN: &str = "cascade:";

#[test]
fn what_nova_does_not_have_is_for_admins() {
    let own: Vec<_> = routes::routes().filter(|route| route.class == routes::Class::Own).collect();
    assert!(!own.is_empty());
    for route in own {
        let rule = route.rule.expect("a rule");
        assert!(rule.name.starts_with(OWN) && rule.check == Check::Admin, "{}", route.path);
        assert!(route.path.starts_with("/os-cascade/"), "{}", route.path);
    }
}

#[test]
fn rules_of_routes_and_actions_are_novas() {
    let novas = novas();
    let rows = routes::routes().filter_map(|route| route.rule.map(|rule| (route.path, rule)));
    let actions = ACTIONS.iter().filter(|action| action.removed.is_none()).map(|action| (action.name, action.rule));
    for (place, rule) in rows.chain(actions).filter(|(_, rule)| !rule.name.starts_with(OWN)) {
        assert_eq!(novas.get(rule.name), Some(&default(rule.check)), "{} of {place}", rule.name);
    }
}

/// Handlers ask finer rules, which no table has.
#[test]
fn rules_of_handlers_are_novas() {
    let rule =
        Regex::new(r#"\b(any|admin|reader|member|manager|service|own)\(\s*"((?:os_compute_api|compute):[^"]+)""#);
    let (rule, novas) = (rule.expect("a pattern"), novas());
    let mut found = 0;
    each_source(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut |file, text| {
        for rule in rule.captures_iter(text) {
            let (constructor, name) = (&rule[1], &rule[2]);
            assert_eq!(novas.get(name), Some(&check_of(constructor)), "{name} in {}", file.display());
            found += 1;
        }
    });
    assert!(found > 70, "the sources were not read: {found}");
}

fn each_source(directory: &Path, look: &mut impl FnMut(&Path, &str)) {
    for entry in std::fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            each_source(&path, look);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            look(&path, &std::fs::read_to_string(&path).expect("a text"));
        }
    }
}
