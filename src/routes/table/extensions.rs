//! Extensions.

use crate::api::extensions;
use crate::identity::policy::any;
use crate::routes::row::{GET, handler, row};
use crate::routes::{Class::Owned, Route};

pub(super) static ROWS: [Route; 2] = [
    row(Owned, GET, "/extensions", handler!(extensions::index))
        .query(102, &[])
        .rule(any("os_compute_api:extensions"))
        .note("Nova's list, which is the same everywhere."),
    row(Owned, GET, "/extensions/{alias}", handler!(extensions::show))
        .query(102, &[])
        .rule(any("os_compute_api:extensions"))
        .note("One of Nova's list."),
];
