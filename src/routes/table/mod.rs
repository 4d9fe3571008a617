//! The rows, by resource.

mod flavors;
mod gone;
mod images;
mod quota;
mod root;
mod security_groups;
mod server_groups;
mod server_parts;
mod servers;

use super::Route;

static TABLES: [&[Route]; 9] = [
    &root::ROWS,
    &servers::ROWS,
    &server_parts::ROWS,
    &flavors::ROWS,
    &quota::ROWS,
    &images::ROWS,
    &security_groups::ROWS,
    &server_groups::ROWS,
    &gone::ROWS,
];

/// Every operation served.
pub fn routes() -> impl Iterator<Item = &'static Route> {
    TABLES.iter().copied().flatten()
}
