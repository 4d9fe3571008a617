-- Key pairs of users.
CREATE TABLE IF NOT EXISTS key_pairs (
    serial      BIGINT       NOT NULL PRIMARY KEY AUTO_INCREMENT, -- shown as id
    user_id     VARCHAR(64)  NOT NULL,
    name        VARCHAR(255) NOT NULL,
    kind        VARCHAR(8)   NOT NULL,                  -- ssh | x509
    fingerprint VARCHAR(255) NOT NULL,
    public_key  TEXT         NOT NULL,
    created_at  BIGINT       NOT NULL,
    UNIQUE (user_id, name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Key pairs in regions. A row outlives its key pair until that is gone from the region too, and for longer where the
-- region's servers are shown with another name than the one there.
CREATE TABLE IF NOT EXISTS key_pair_regions (
    key_pair    BIGINT       NOT NULL,                  -- serial
    region_id   VARCHAR(36)  NOT NULL,
    user_id     VARCHAR(64)  NOT NULL,
    name        VARCHAR(255) NOT NULL,                  -- on top
    local_name  VARCHAR(255) NOT NULL,                  -- same as name unless the region cannot call it that
    fingerprint VARCHAR(255) NOT NULL,
    ours        BOOLEAN      NOT NULL,                  -- made by the top; else found there, and never deleted
    checked_at  BIGINT       NOT NULL,                  -- when it was last seen there; 0: it may not be there
    PRIMARY KEY (key_pair, region_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX IF NOT EXISTS key_pair_regions_by_check ON key_pair_regions (region_id, checked_at);

-- Limits: of a project (user_id ''), of a user in it, of a class; what has none has the configuration's.
CREATE TABLE IF NOT EXISTS quota_limits (
    project_id VARCHAR(64) NOT NULL,
    user_id    VARCHAR(64) NOT NULL,
    resource   VARCHAR(32) NOT NULL,
    hard_limit BIGINT      NOT NULL,                    -- -1: none
    PRIMARY KEY (project_id, user_id, resource)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS quota_classes (
    name       VARCHAR(191) NOT NULL,
    resource   VARCHAR(32)  NOT NULL,
    hard_limit BIGINT       NOT NULL,
    PRIMARY KEY (name, resource)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Sums of what rows of servers and open intents are charged; of a project (user_id '') and of each user in it.
CREATE TABLE IF NOT EXISTS quota_usage (
    project_id VARCHAR(64) NOT NULL,
    user_id    VARCHAR(64) NOT NULL,
    resource   VARCHAR(32) NOT NULL,                    -- instances | cores | ram
    in_use     BIGINT      NOT NULL,
    PRIMARY KEY (project_id, user_id, resource)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS server_groups (
    serial     BIGINT       NOT NULL PRIMARY KEY AUTO_INCREMENT,
    id         VARCHAR(36)  NOT NULL UNIQUE,
    project_id VARCHAR(64)  NOT NULL,
    user_id    VARCHAR(64)  NOT NULL,
    name       VARCHAR(255) NOT NULL,
    policy     VARCHAR(32)  NOT NULL,                   -- affinity | anti-affinity | soft-affinity | soft-anti-affinity
    rules      TEXT         NOT NULL,                   -- JSON object
    revision   BIGINT       NOT NULL,                   -- raised by whoever needs the group to stay as it is (hold_group!)
    created_at BIGINT       NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX IF NOT EXISTS server_groups_by_project ON server_groups (project_id, serial);

CREATE TABLE IF NOT EXISTS server_group_regions (
    group_id   VARCHAR(36) NOT NULL,
    region_id  VARCHAR(36) NOT NULL,
    local_id   VARCHAR(36) NOT NULL,
    created_at BIGINT      NOT NULL,
    PRIMARY KEY (group_id, region_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX IF NOT EXISTS server_group_regions_by_local ON server_group_regions (region_id, local_id);

ALTER TABLE servers ADD COLUMN IF NOT EXISTS group_id VARCHAR(36);    -- of the top
CREATE INDEX IF NOT EXISTS servers_by_group ON servers (group_id);
ALTER TABLE intents ADD COLUMN IF NOT EXISTS group_id VARCHAR(36);
-- What an open boot is charged, until its server's row is.
ALTER TABLE intents ADD COLUMN IF NOT EXISTS charged_instances INTEGER NOT NULL DEFAULT 0;
ALTER TABLE intents ADD COLUMN IF NOT EXISTS charged_cores INTEGER NOT NULL DEFAULT 0;
ALTER TABLE intents ADD COLUMN IF NOT EXISTS charged_ram_mb INTEGER NOT NULL DEFAULT 0;

-- What the region says of the zone: available | unavailable | gone.
ALTER TABLE zones ADD COLUMN IF NOT EXISTS state VARCHAR(16) NOT NULL DEFAULT 'available';

-- Usage is read by project and id; the times stand in the index so that servers outside of the window cost no row.
CREATE INDEX IF NOT EXISTS servers_by_usage ON servers (project_id, id, launched_at, terminated_at, deleted_at);
-- What flavors are changed by, and what regions have of it.
ALTER TABLE flavors ADD COLUMN IF NOT EXISTS updated_at BIGINT;
ALTER TABLE flavors ADD COLUMN IF NOT EXISTS revision BIGINT NOT NULL DEFAULT 0; -- raised by every change
ALTER TABLE flavor_regions ADD COLUMN IF NOT EXISTS revision BIGINT NOT NULL DEFAULT 0; -- the flavor's, last seen there; -1: not yet
ALTER TABLE flavor_regions ADD COLUMN IF NOT EXISTS made BOOLEAN NOT NULL DEFAULT FALSE; -- by the top, and so its to delete
ALTER TABLE flavors MODIFY description MEDIUMTEXT, MODIFY extra_specs MEDIUMTEXT NOT NULL; -- of characters, not bytes
CREATE INDEX IF NOT EXISTS flavor_regions_by_region ON flavor_regions (region_id);

-- What regions had flavors as that are no longer: servers are still of them.
CREATE TABLE IF NOT EXISTS flavor_remnants (
    region_id   VARCHAR(36)  NOT NULL,
    local_id    VARCHAR(255) NOT NULL,
    local_name  VARCHAR(255) NOT NULL,
    flavor_id   VARCHAR(255) NOT NULL,                  -- of the top
    flavor_name VARCHAR(255) NOT NULL,
    to_delete   BOOLEAN      NOT NULL,                  -- the top made it there, and it is not deleted yet
    PRIMARY KEY (region_id, local_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The servers that are there are charged already; the sums begin with them.
UPDATE servers SET charged_instances = 0, charged_cores = 0, charged_ram_mb = 0 WHERE vm_state = 'soft-delete';
INSERT IGNORE INTO quota_usage (project_id, user_id, resource, in_use)
    SELECT project_id, '', 'instances', SUM(charged_instances) FROM servers GROUP BY project_id
    UNION ALL SELECT project_id, '', 'cores', SUM(charged_cores) FROM servers GROUP BY project_id
    UNION ALL SELECT project_id, '', 'ram', SUM(charged_ram_mb) FROM servers GROUP BY project_id
    UNION ALL SELECT project_id, user_id, 'instances', SUM(charged_instances) FROM servers GROUP BY project_id, user_id
    UNION ALL SELECT project_id, user_id, 'cores', SUM(charged_cores) FROM servers GROUP BY project_id, user_id
    UNION ALL SELECT project_id, user_id, 'ram', SUM(charged_ram_mb) FROM servers GROUP BY project_id, user_id;
