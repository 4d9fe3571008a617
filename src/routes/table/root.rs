//! The version itself.

use crate::api::versions;
use crate::routes::row::{GET, handler, row};
use crate::routes::{Class, Route};

pub(super) static ROWS: [Route; 2] = [
    row(Class::Owned, GET, "", handler!(versions::show))
        .public()
        .note("The version document; its newest microversion is the lowest that every enabled region speaks."),
    row(Class::Owned, GET, "/versions/{version}", handler!(versions::named)).note("The version document by its id."),
];
