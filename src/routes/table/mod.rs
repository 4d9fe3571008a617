//! The rows, by resource.

mod availability_zones;
mod cascade;
mod extensions;
mod flavors;
mod gone;
mod images;
mod key_pairs;
mod quota;
mod root;
mod security_groups;
mod server_groups;
mod server_parts;
mod servers;
mod tenant_usage;

use super::Route;

static TABLES: &[&[Route]] = &[
    &root::ROWS,
    &servers::ROWS,
    &server_parts::ROWS,
    &flavors::ROWS,
    &key_pairs::ROWS,
    &quota::ROWS,
    &images::ROWS,
    &security_groups::ROWS,
    &availability_zones::ROWS,
    &extensions::ROWS,
    &tenant_usage::ROWS,
    &server_groups::ROWS,
    &cascade::ROWS,
    &gone::ROWS,
];

/// Every operation served.
pub fn routes() -> impl Iterator<Item = &'static Route> {
    TABLES.iter().copied().flatten()
}
