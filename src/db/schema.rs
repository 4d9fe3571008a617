//! The tables, as diesel sees them. Written by hand; `tests/api/schema.rs` holds them against a migrated database of
//! each backend. What the columns mean is said in `schema/*/…/up.sql`.
#![allow(missing_docs, reason = "the SQL files say what each column holds")]

diesel::table! {
    regions (id) {
        id -> Text,
        name -> Text,
        keystone_region -> Text,
        realm -> Text,
        state -> Text,
        microversion_max -> Text,
        compute_url -> Text,
        network_url -> Text,
        image_url -> Text,
        seq -> BigInt,
        created_at -> BigInt,
        placement_url -> Text,
        volume_url -> Text,
        weight -> Integer,
        same_as -> Text,
    }
}

diesel::table! {
    project_regions (project_id, region_id) {
        project_id -> Text,
        region_id -> Text,
        pinned -> Bool,
        created_at -> BigInt,
    }
}

diesel::table! {
    servers (serial) {
        serial -> BigInt,
        id -> Text,
        region_id -> Nullable<Text>,
        local_id -> Nullable<Text>,
        intent_id -> Nullable<Text>,
        project_id -> Text,
        user_id -> Text,
        name -> Text,
        status -> Text,
        vm_state -> Text,
        task_state -> Nullable<Text>,
        host -> Nullable<Text>,
        flavor_id -> Text,
        flavor_name -> Text,
        image_id -> Nullable<Text>,
        asked_zone -> Nullable<Text>,
        zone -> Text,
        reservation_id -> Text,
        launch_index -> Integer,
        created_at -> BigInt,
        updated_at -> BigInt,
        launched_at -> Nullable<BigInt>,
        deleted -> Bool,
        deleted_at -> Nullable<BigInt>,
        changed_at -> BigInt,
        seq -> BigInt,
        settled -> Bool,
        hold_until -> BigInt,
        awaits -> Nullable<Text>,
        deleting -> Bool,
        missing_since -> Nullable<BigInt>,
        documented -> Bool,
        charged_instances -> Integer,
        charged_cores -> Integer,
        charged_ram_mb -> Integer,
        boot_request_id -> Text,
        last_request_id -> Text,
        has_user_data -> Bool,
        document -> Text,
        hostname -> Nullable<Text>,
        node -> Nullable<Text>,
        key_name -> Nullable<Text>,
        config_drive -> Nullable<Text>,
        locked -> Bool,
        progress -> Integer,
        power_state -> Integer,
        description -> Nullable<Text>,
        access_ip_v4 -> Nullable<Text>,
        access_ip_v6 -> Nullable<Text>,
        root_device_name -> Nullable<Text>,
        kernel_id -> Nullable<Text>,
        ramdisk_id -> Nullable<Text>,
        auto_disk_config -> Nullable<Bool>,
        terminated_at -> Nullable<BigInt>,
        ips -> Nullable<Text>,
        group_id -> Nullable<Text>,
        to_remove -> Bool,
        unknown -> Bool,
        loses_volumes -> Bool,
    }
}

diesel::table! {
    server_tags (server_id, tag) {
        server_id -> Text,
        tag -> Text,
    }
}

diesel::table! {
    server_user_data (server_id) {
        server_id -> Text,
        user_data -> Text,
    }
}

diesel::table! {
    server_mappings (region_id, local_id) {
        region_id -> Text,
        local_id -> Text,
        server_id -> Text,
        current -> Bool,
        intent_id -> Nullable<Text>,
        created_at -> BigInt,
    }
}

diesel::table! {
    intents (id) {
        id -> Text,
        project_id -> Text,
        user_id -> Text,
        region_id -> Nullable<Text>,
        phase -> Text,
        owner -> Text,
        name -> Text,
        flavor_id -> Text,
        image_id -> Nullable<Text>,
        asked_zone -> Nullable<Text>,
        launch_index -> Integer,
        reservation_id -> Text,
        boot_request_id -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
        group_id -> Nullable<Text>,
        charged_instances -> Integer,
        charged_cores -> Integer,
        charged_ram_mb -> Integer,
        server_id -> Nullable<Text>,
        loses_volumes -> Bool,
    }
}

diesel::table! {
    flavors (serial) {
        serial -> BigInt,
        id -> Text,
        name -> Text,
        vcpus -> Integer,
        ram_mb -> Integer,
        disk_gb -> Integer,
        ephemeral_gb -> Integer,
        swap_mb -> Integer,
        rxtx_factor -> Double,
        is_public -> Bool,
        disabled -> Bool,
        description -> Nullable<Text>,
        extra_specs -> Text,
        created_at -> BigInt,
        updated_at -> Nullable<BigInt>,
        revision -> BigInt,
    }
}

diesel::table! {
    flavor_access (flavor_id, project_id) {
        flavor_id -> Text,
        project_id -> Text,
    }
}

diesel::table! {
    flavor_regions (flavor_id, region_id) {
        flavor_id -> Text,
        region_id -> Text,
        local_id -> Text,
        local_name -> Text,
        checked_at -> BigInt,
        revision -> BigInt,
        made -> Bool,
    }
}

diesel::table! {
    flavor_remnants (region_id, local_id) {
        region_id -> Text,
        local_id -> Text,
        local_name -> Text,
        flavor_id -> Text,
        flavor_name -> Text,
        to_delete -> Bool,
    }
}

diesel::table! {
    adopted_flavors (flavor_id, region_id) {
        flavor_id -> Text,
        region_id -> Text,
        local_id -> Text,
        local_name -> Text,
    }
}

diesel::table! {
    equivalents (kind, top_id, region_id) {
        kind -> Text,
        top_id -> Text,
        region_id -> Text,
        local_id -> Text,
        origin -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    zones (top_name) {
        top_name -> Text,
        region_id -> Text,
        local_name -> Text,
        created_at -> BigInt,
        state -> Text,
    }
}

diesel::table! {
    ports (region_id, id) {
        region_id -> Text,
        id -> Text,
        local_id -> Text,
        network_id -> Text,
        status -> Text,
        mac -> Text,
        host -> Nullable<Text>,
        fixed_ips -> Text,
        revision -> BigInt,
        changed_at -> BigInt,
    }
}

diesel::table! {
    floating_ips (region_id, id) {
        region_id -> Text,
        id -> Text,
        port_id -> Text,
        address -> Text,
    }
}

diesel::table! {
    host_states (region_id, host) {
        region_id -> Text,
        host -> Text,
        status -> Text,
    }
}

diesel::table! {
    cursors (region_id) {
        region_id -> Text,
        changes_since -> Nullable<BigInt>,
        round_at -> BigInt,
        sweep_after -> Text,
        sweep_began_at -> BigInt,
        swept_at -> BigInt,
        skew_us -> Nullable<BigInt>,
        lag_us -> Nullable<BigInt>,
        errors -> BigInt,
        error_at -> BigInt,
        error -> Text,
        brake_at -> BigInt,
        brake_released_at -> BigInt,
    }
}

diesel::table! {
    set_aside (region_id, local_id) {
        region_id -> Text,
        local_id -> Text,
        reason -> Text,
        noted_at -> BigInt,
    }
}

diesel::table! {
    leases (name) {
        name -> Text,
        owner -> Text,
        epoch -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    top_actions (id) {
        id -> BigInt,
        server_id -> Text,
        action -> Text,
        request_id -> Text,
        project_id -> Text,
        user_id -> Text,
        message -> Nullable<Text>,
        started_at -> BigInt,
        ended_at -> Nullable<BigInt>,
        failed -> Bool,
    }
}

diesel::table! {
    audit (id) {
        id -> BigInt,
        at -> BigInt,
        actor -> Text,
        action -> Text,
        target -> Text,
        detail -> Text,
    }
}

diesel::table! {
    key_pairs (serial) {
        serial -> BigInt,
        user_id -> Text,
        name -> Text,
        kind -> Text,
        fingerprint -> Text,
        public_key -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    key_pair_regions (key_pair, region_id) {
        key_pair -> BigInt,
        region_id -> Text,
        user_id -> Text,
        name -> Text,
        local_name -> Text,
        fingerprint -> Text,
        ours -> Bool,
        checked_at -> BigInt,
    }
}

diesel::table! {
    quota_limits (project_id, user_id, resource) {
        project_id -> Text,
        user_id -> Text,
        resource -> Text,
        hard_limit -> BigInt,
    }
}

diesel::table! {
    quota_classes (name, resource) {
        name -> Text,
        resource -> Text,
        hard_limit -> BigInt,
    }
}

diesel::table! {
    quota_usage (project_id, user_id, resource) {
        project_id -> Text,
        user_id -> Text,
        resource -> Text,
        in_use -> BigInt,
    }
}

diesel::table! {
    server_groups (serial) {
        serial -> BigInt,
        id -> Text,
        project_id -> Text,
        user_id -> Text,
        name -> Text,
        policy -> Text,
        rules -> Text,
        revision -> BigInt,
        created_at -> BigInt,
    }
}

diesel::table! {
    server_group_regions (group_id, region_id) {
        group_id -> Text,
        region_id -> Text,
        local_id -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    placings (server_id) {
        server_id -> Text,
        owner -> Text,
        begun_at -> BigInt,
        touched_at -> BigInt,
    }
}

diesel::table! {
    removals (region_id, local_id) {
        region_id -> Text,
        local_id -> Text,
        server_id -> Text,
        reason -> Text,
        request_id -> Text,
        created_at -> BigInt,
        tries -> Integer,
        try_at -> BigInt,
        overrides_lock -> Bool,
    }
}

diesel::table! {
    top_identity (name) {
        name -> Text,
        value -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    regions,
    servers,
    server_user_data,
    server_tags,
    server_mappings,
    intents,
    flavors,
    flavor_access,
    flavor_regions,
    flavor_remnants,
    adopted_flavors,
    equivalents,
    zones,
    ports,
    floating_ips,
    host_states,
    cursors,
    set_aside,
    leases,
    top_actions,
    placings,
    removals,
    audit,
    key_pairs,
    key_pair_regions,
    quota_limits,
    quota_classes,
    quota_usage,
    server_groups,
    server_group_regions,
    top_identity,
);
