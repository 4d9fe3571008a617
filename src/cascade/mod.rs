//! What Nova's compute API decides inside one cloud, decided over regions.

pub mod act;
pub mod adopt;
pub mod alone;
pub mod below;
pub mod boot;
pub mod charge;
pub mod ensure;
pub mod find;
pub mod key_pairs;
pub mod limits;
pub mod links;
pub mod locate;
pub mod proxy;
pub mod region_quota;
pub mod removals;
pub mod server_groups;
pub mod translate;
pub mod zones;
