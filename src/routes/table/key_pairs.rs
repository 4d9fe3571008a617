//! Key pairs: the top's, not the regions'.

use crate::api::key_pairs;
use crate::identity::policy::own;
use crate::routes::row::{DELETE, GET, POST, handler, row};
use crate::routes::{Class::Owned, Route};

pub(super) static ROWS: [Route; 4] = [
    row(Owned, GET, "/os-keypairs", handler!(key_pairs::index))
        .query(75, &["user_id", "limit", "marker"])
        .numbers(35, &["limit"])
        .of_user(own("os_compute_api:os-keypairs:index"))
        .note("The top's key pairs; those that a user has in a region alone are not among them."),
    row(Owned, POST, "/os-keypairs", handler!(key_pairs::create))
        .of_user(own("os_compute_api:os-keypairs:create"))
        .note("Made on top, and in a region when a boot there first needs it."),
    row(Owned, GET, "/os-keypairs/{keypair_name}", handler!(key_pairs::show))
        .query(75, &["user_id"])
        .of_user(own("os_compute_api:os-keypairs:show"))
        .note("A key pair of the top."),
    row(Owned, DELETE, "/os-keypairs/{keypair_name}", handler!(key_pairs::delete))
        .query(75, &["user_id"])
        .of_user(own("os_compute_api:os-keypairs:delete"))
        .note("Deleted on top, and behind the answer in the regions where the top has made it."),
];
