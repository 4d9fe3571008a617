//! `free_capacity`: the region that most servers of the flavor still fit into first, in steps of a factor of two. One whose room is
//! not known stands behind those with any.

use super::{Ask, Facts, Weigher, steps};
use crate::selector::Room;

/// Its name.
pub const NAME: &str = "free_capacity";

/// See the module.
pub struct FreeCapacity;

impl Weigher for FreeCapacity {
    fn name(&self) -> &'static str {
        NAME
    }

    fn weigh(&self, ask: &Ask, facts: &Facts) -> f64 {
        let Room::Fits(count) = facts.room else { return 0.0 };
        let ahead = u64::try_from(ask.ahead_in(facts.region.id())).unwrap_or(0);
        steps(count.saturating_sub(ahead))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selector::fixtures::{ask, facts};

    #[test]
    fn more_room_is_better_less_what_the_same_request_takes() {
        let weigh = |room: Room, ahead: i64| {
            let ask = Ask { ahead: [("a".to_owned(), ahead)].into(), ..ask() };
            FreeCapacity.weigh(&ask, &Facts { room, ..facts("A") })
        };
        assert!(weigh(Room::Fits(100), 0) > weigh(Room::Fits(10), 0));
        assert!((weigh(Room::Fits(100), 0) - weigh(Room::Fits(110), 0)).abs() < f64::EPSILON);
        assert!(weigh(Room::Fits(10), 0) > weigh(Room::Fits(10), 9));
        assert!(weigh(Room::Fits(1), 0) > weigh(Room::Unknown, 0));
        assert!(weigh(Room::Fits(4), 5) < weigh(Room::Fits(1), 0));
    }
}
