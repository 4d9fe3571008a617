-- Times are microseconds since 1970-01-01T00:00:00Z. Ids are lower-case text. See docs/decisions/0003-columns.md.

CREATE TABLE regions (
    id               VARCHAR(36)  NOT NULL PRIMARY KEY, -- opaque; every other table names a region by it
    name             VARCHAR(191) NOT NULL UNIQUE,      -- shown to users, their availability zone
    keystone_region  VARCHAR(191) NOT NULL,
    realm            VARCHAR(64)  NOT NULL,             -- the identity service it belongs to
    state            VARCHAR(16)  NOT NULL,             -- enabled | draining | disabled
    microversion_max VARCHAR(16)  NOT NULL,             -- as last told by the region; '' until it answered once
    compute_url      TEXT         NOT NULL,
    network_url      TEXT         NOT NULL,
    image_url        TEXT         NOT NULL,
    seq              BIGINT       NOT NULL,             -- orders reads of this region and stores (invariant 7)
    created_at       BIGINT       NOT NULL
);

CREATE TABLE servers (
    serial            INTEGER      NOT NULL PRIMARY KEY AUTOINCREMENT, -- tie-break of equal created_at
    id                VARCHAR(36)  NOT NULL UNIQUE,
    region_id         VARCHAR(36),
    local_id          VARCHAR(36),
    intent_id         VARCHAR(36),
    project_id        VARCHAR(64)  NOT NULL,
    user_id           VARCHAR(64)  NOT NULL,
    name              VARCHAR(255) NOT NULL,
    status            VARCHAR(32)  NOT NULL,
    vm_state          VARCHAR(32)  NOT NULL,
    task_state        VARCHAR(64),
    host              VARCHAR(255),
    flavor_id         VARCHAR(255) NOT NULL,            -- of the top
    flavor_name       VARCHAR(255) NOT NULL,
    image_id          VARCHAR(36),
    asked_zone        VARCHAR(255),                     -- the top's name
    zone              VARCHAR(255) NOT NULL,            -- the top's name, shown
    reservation_id    VARCHAR(64)  NOT NULL,
    launch_index      INTEGER      NOT NULL,
    created_at        BIGINT       NOT NULL,
    updated_at        BIGINT       NOT NULL,            -- as the region says
    launched_at       BIGINT,
    deleted           BOOLEAN      NOT NULL,            -- a tombstone until db purge
    deleted_at        BIGINT,
    changed_at        BIGINT       NOT NULL,            -- our clock, when the shown document differed
    seq               BIGINT       NOT NULL,
    settled           BOOLEAN      NOT NULL,
    hold_until        BIGINT       NOT NULL,
    deleting          BOOLEAN      NOT NULL,            -- a delete went through us
    missing_since     BIGINT,                           -- first of the two 404s that close a row
    documented        BOOLEAN      NOT NULL,            -- false: a single show is due for the document
    charged_instances INTEGER      NOT NULL,
    charged_cores     INTEGER      NOT NULL,
    charged_ram_mb    INTEGER      NOT NULL,
    boot_request_id   VARCHAR(64)  NOT NULL,
    last_request_id   VARCHAR(64)  NOT NULL,
    has_user_data     BOOLEAN      NOT NULL,
    document          TEXT         NOT NULL             -- JSON, the region's document at its newest microversion
);
CREATE INDEX servers_by_project ON servers (project_id, deleted, created_at, serial);
CREATE INDEX servers_by_creation ON servers (deleted, created_at, serial);
CREATE INDEX servers_by_region ON servers (region_id, deleted, settled);
CREATE INDEX servers_by_change ON servers (changed_at);

CREATE TABLE server_user_data (
    server_id VARCHAR(36) NOT NULL PRIMARY KEY,
    user_data TEXT        NOT NULL                      -- base64, as given
);

CREATE TABLE server_mappings (
    region_id  VARCHAR(36) NOT NULL,
    local_id   VARCHAR(36) NOT NULL,
    server_id  VARCHAR(36) NOT NULL,
    current    BOOLEAN     NOT NULL,                    -- earlier placements are kept
    intent_id  VARCHAR(36),
    created_at BIGINT      NOT NULL,
    PRIMARY KEY (region_id, local_id)
);
CREATE INDEX server_mappings_by_server ON server_mappings (server_id);

CREATE TABLE intents (
    id              VARCHAR(36)  NOT NULL PRIMARY KEY,  -- the marker that travels as scheduler hint
    project_id      VARCHAR(64)  NOT NULL,
    user_id         VARCHAR(64)  NOT NULL,
    region_id       VARCHAR(36),                        -- where the request was last sent
    phase           VARCHAR(16)  NOT NULL,              -- planned | sending | unknown
    owner           VARCHAR(36)  NOT NULL,              -- process that works on it
    name            VARCHAR(255) NOT NULL,
    flavor_id       VARCHAR(255) NOT NULL,
    image_id        VARCHAR(36),
    asked_zone      VARCHAR(255),
    server_count    INTEGER      NOT NULL,
    reservation_id  VARCHAR(64)  NOT NULL,
    boot_request_id VARCHAR(64)  NOT NULL,
    created_at      BIGINT       NOT NULL,
    updated_at      BIGINT       NOT NULL
);
CREATE INDEX intents_by_region ON intents (region_id, project_id);

CREATE TABLE flavors (
    serial       INTEGER      NOT NULL PRIMARY KEY AUTOINCREMENT,
    id           VARCHAR(255) NOT NULL UNIQUE,
    name         VARCHAR(255) NOT NULL UNIQUE,
    vcpus        INTEGER      NOT NULL,
    ram_mb       INTEGER      NOT NULL,
    disk_gb      INTEGER      NOT NULL,
    ephemeral_gb INTEGER      NOT NULL,
    swap_mb      INTEGER      NOT NULL,
    rxtx_factor  DOUBLE       NOT NULL,
    is_public    BOOLEAN      NOT NULL,
    disabled     BOOLEAN      NOT NULL,
    description  TEXT,
    extra_specs  TEXT         NOT NULL,                 -- JSON object
    created_at   BIGINT       NOT NULL
);

CREATE TABLE flavor_access (
    flavor_id  VARCHAR(255) NOT NULL,
    project_id VARCHAR(64)  NOT NULL,
    PRIMARY KEY (flavor_id, project_id)
);

CREATE TABLE flavor_regions (
    flavor_id  VARCHAR(255) NOT NULL,
    region_id  VARCHAR(36)  NOT NULL,
    local_id   VARCHAR(255) NOT NULL,                   -- same as flavor_id unless the region had it otherwise
    local_name VARCHAR(255) NOT NULL,
    checked_at BIGINT       NOT NULL,
    PRIMARY KEY (flavor_id, region_id)
);

CREATE TABLE equivalents (
    kind       VARCHAR(32)  NOT NULL,                   -- network | subnet | security_group | image | volume_type
    top_id     VARCHAR(64)  NOT NULL,
    region_id  VARCHAR(36)  NOT NULL,
    local_id   VARCHAR(64)  NOT NULL,
    origin     VARCHAR(16)  NOT NULL,                   -- operator | name
    created_at BIGINT       NOT NULL,
    PRIMARY KEY (kind, top_id, region_id)
);

CREATE TABLE zones (
    top_name   VARCHAR(191) NOT NULL PRIMARY KEY,       -- given once, never changed
    region_id  VARCHAR(36)  NOT NULL,
    local_name VARCHAR(191) NOT NULL,                   -- '' stands for the whole region
    created_at BIGINT       NOT NULL,
    UNIQUE (region_id, local_name)
);

CREATE TABLE ports (
    region_id  VARCHAR(36)  NOT NULL,
    id         VARCHAR(36)  NOT NULL,
    local_id   VARCHAR(36)  NOT NULL,                   -- the server's id in the region
    network_id VARCHAR(36)  NOT NULL,
    status     VARCHAR(16)  NOT NULL,
    mac        VARCHAR(32)  NOT NULL,
    host       VARCHAR(255),
    fixed_ips  TEXT         NOT NULL,                   -- JSON array of {ip_address, subnet_id}
    revision   BIGINT       NOT NULL,
    changed_at BIGINT       NOT NULL,
    PRIMARY KEY (region_id, id)
);
CREATE INDEX ports_by_server ON ports (region_id, local_id);

CREATE TABLE cursors (
    region_id       VARCHAR(36) NOT NULL PRIMARY KEY,
    changes_since   BIGINT,                             -- newest 'updated' stored; the region's clock
    round_at        BIGINT      NOT NULL                -- our clock, start of the last completed round
);

CREATE TABLE leases (
    name       VARCHAR(64) NOT NULL PRIMARY KEY,
    owner      VARCHAR(36) NOT NULL,
    epoch      BIGINT      NOT NULL,
    expires_at BIGINT      NOT NULL                     -- the database's clock
);

CREATE TABLE top_actions (
    id         INTEGER      NOT NULL PRIMARY KEY AUTOINCREMENT,
    server_id  VARCHAR(36)  NOT NULL,
    action     VARCHAR(64)  NOT NULL,
    request_id VARCHAR(64)  NOT NULL,
    project_id VARCHAR(64)  NOT NULL,
    user_id    VARCHAR(64)  NOT NULL,
    message    TEXT,
    started_at BIGINT       NOT NULL
);
CREATE INDEX top_actions_by_server ON top_actions (server_id);

CREATE TABLE audit (
    id     INTEGER      NOT NULL PRIMARY KEY AUTOINCREMENT,
    at     BIGINT       NOT NULL,
    actor  VARCHAR(255) NOT NULL,
    action VARCHAR(64)  NOT NULL,
    target VARCHAR(255) NOT NULL,
    detail TEXT         NOT NULL
);
