//! `microversion`: the region speaks the microversion of the request. The top offers what every region speaks (D8), so
//! this is about a region that has not answered yet or has come back older than it was.

use super::{Ask, Facts, Filter, Reason};

/// See the module.
pub struct Microversion;

impl Filter for Microversion {
    fn name(&self) -> &'static str {
        "microversion"
    }

    fn check(&self, ask: &Ask, facts: &Facts) -> Result<(), Reason> {
        let region = &facts.region;
        if ask.microversion <= region.microversion() {
            return Ok(());
        }
        if region.row.microversion_max.is_empty() {
            return Err(Reason::unreachable("it has not yet said which microversions it speaks"));
        }
        Err(Reason::unfit(format!("it speaks no microversion {}", ask.microversion)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::microversion::v2;
    use crate::selector::Why;
    use crate::selector::fixtures::{ask, region_with};

    #[test]
    fn it_speaks_up_to_its_newest() {
        let facts = |newest: &str| Facts::unasked(region_with("A", |row| newest.clone_into(&mut row.microversion_max)));
        let check = |version, newest| {
            Microversion.check(&Ask { microversion: version, ..ask() }, &facts(newest)).map_err(|reason| reason.why)
        };
        assert_eq!(check(v2(96), "2.96"), Ok(()));
        assert_eq!(check(v2(97), "2.96"), Err(Why::Unfit));
        assert_eq!(check(v2(1), ""), Ok(()));
        assert_eq!(check(v2(2), ""), Err(Why::Unreachable));
    }
}
