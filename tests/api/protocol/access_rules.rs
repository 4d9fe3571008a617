//! Access rules against keystonemiddleware's own matcher. `access_rules.txt` has what `access_rules.py 1 600` gives; the
//! end-to-end tests ask it for others where the lab is there.

use nova_cascade::identity::access_rules::{AccessRule, allow};

/// The characters of a pattern that keystonemiddleware leaves to its regular expression.
const SPECIAL: &str = ".+?|()[]^$\\";

#[test]
fn rules_match_as_in_keystonemiddleware() {
    let (mut allowed, mut refused) = (0, 0);
    for line in include_str!("access_rules.txt").lines() {
        let case = serde_json::from_str(line).expect("[pattern, path, matches, matches_escaped]");
        let (pattern, path, matches, escaped): (String, String, Option<bool>, bool) = case;
        let rule = AccessRule { service: "compute".into(), method: "GET".into(), path: pattern };
        let ours = allow(std::slice::from_ref(&rule), "compute", "GET", &path);
        assert_eq!(ours, escaped, "{} {path}", rule.path);
        if matches != Some(ours) {
            // The one difference, which the module tells of.
            assert!(rule.path.contains(|character| SPECIAL.contains(character)), "{} {path}", rule.path);
        }
        *(if ours { &mut allowed } else { &mut refused }) += 1;
    }
    assert!(allowed >= 100 && refused >= 100, "{allowed} allowed, {refused} refused");
}
