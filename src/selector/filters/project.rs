//! `project`: the operator lets the project into the region (`region pin`).

use super::{Ask, Facts, Filter, Reason};

/// See the module.
pub struct Project;

impl Filter for Project {
    fn name(&self) -> &'static str {
        "project"
    }

    fn check(&self, ask: &Ask, facts: &Facts) -> Result<(), Reason> {
        let here = ask.rules.iter().find(|rule| rule.region_id == facts.region.id());
        match here {
            Some(rule) if rule.pinned => Ok(()),
            Some(_) => Err(Reason::unfit("the project is kept out of it")),
            None if ask.rules.iter().any(|rule| rule.pinned) => {
                Err(Reason::unfit("the project is pinned to other regions"))
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::project_regions::Rule;
    use crate::selector::fixtures::{ask, facts};

    #[test]
    fn pinned_is_only_there_and_kept_out_is_anywhere_else() {
        let rule =
            |region: &str, pinned| Rule { project_id: "p".into(), region_id: region.into(), pinned, created_at: 0 };
        let passes = |rules: &[Rule]| {
            let ask = Ask { rules: rules.to_vec(), ..ask() };
            ["A", "B", "C"].map(|name| Project.check(&ask, &facts(name)).is_ok())
        };
        assert_eq!(passes(&[]), [true, true, true]);
        assert_eq!(passes(&[rule("a", true)]), [true, false, false]);
        assert_eq!(passes(&[rule("a", true), rule("b", true)]), [true, true, false]);
        assert_eq!(passes(&[rule("a", false)]), [false, true, true]);
        assert_eq!(passes(&[rule("a", true), rule("b", false)]), [true, false, false]);
    }
}
