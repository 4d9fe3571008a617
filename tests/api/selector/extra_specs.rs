//! `extra_specs`: resource classes and traits that a flavor asks for.

use std::sync::Arc;

use nova_cascade::selector::Why;
use serde_json::json;

use super::{ask, chosen, forgetful, refusals, select};
use crate::support::{Database, World, on_each_database};

on_each_database!(
    traits_are_required_and_forbidden,
    resource_classes_are_counted,
    what_is_no_ones_business_here_passes
);

async fn traits_are_required_and_forbidden(database: Arc<Database>) {
    let world = World::with(&database, forgetful).await;
    let mut ask = ask(&world, "1").await;
    ask.flavor.extra_specs = json!({"trait:CUSTOM_GOLD": "required"}).to_string();
    let selection = select(&world, &ask).await;
    let unknown = "it has not what flavor m1.tiny asks for: No such trait(s): CUSTOM_GOLD";
    assert_eq!(refusals(&selection)[0], ("RegionOne", "extra_specs", Why::Full, unknown));
    assert_eq!(refusals(&selection).len(), 2);
    world.one().placement.set_trait("CUSTOM_GOLD", true);
    world.two().placement.set_trait("CUSTOM_GOLD", false);
    let selection = select(&world, &ask).await;
    assert_eq!(chosen(&selection), ["RegionOne"]);
    let none = "it has no room for a server of flavor m1.tiny, with the resources and traits that it asks for";
    assert_eq!(refusals(&selection), [("RegionTwo", "capacity", Why::Full, none)]);
    ask.flavor.extra_specs = json!({"trait:CUSTOM_GOLD": "forbidden"}).to_string();
    assert_eq!(chosen(&select(&world, &ask).await), ["RegionTwo"]);
}

async fn resource_classes_are_counted(database: Arc<Database>) {
    let world = World::with(&database, forgetful).await;
    let mut ask = ask(&world, "1").await;
    ask.flavor.extra_specs = json!({"resources1:VGPU": "2"}).to_string();
    world.one().placement.set_special("VGPU", 1);
    let selection = select(&world, &ask).await;
    let few = "it has no room for a server of flavor m1.tiny, with the resources and traits that it asks for";
    let unknown = "it has not what flavor m1.tiny asks for: No such resource class VGPU";
    let expected = [("RegionOne", "capacity", Why::Full, few), ("RegionTwo", "extra_specs", Why::Full, unknown)];
    assert_eq!(refusals(&selection), expected);
    world.one().placement.set_special("VGPU", 2);
    assert_eq!(chosen(&select(&world, &ask).await), ["RegionOne"]);
}

async fn what_is_no_ones_business_here_passes(database: Arc<Database>) {
    let world = World::with(&database, forgetful).await;
    let mut ask = ask(&world, "1").await;
    let own = json!({"aggregate_instance_extra_specs:ssd": "true", "hw:cpu_policy": "dedicated", "colour": "green"});
    ask.flavor.extra_specs = own.to_string();
    assert_eq!(chosen(&select(&world, &ask).await).len(), 2);
}
