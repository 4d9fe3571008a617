//! Flavors: the top's, not the regions'.

use crate::api::flavors;
use crate::routes::row::{GET, handler, row};
use crate::routes::{Class::Owned, Route};

pub(super) static ROWS: [Route; 3] = [
    row(Owned, GET, "/flavors", handler!(flavors::index)).note("The top's flavors, not the regions'."),
    row(Owned, GET, "/flavors/detail", handler!(flavors::detail)).note("The top's flavors, not the regions'."),
    row(Owned, GET, "/flavors/{flavor_id}", handler!(flavors::show)).note("A flavor of the top."),
];
