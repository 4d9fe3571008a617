-- A server that has a row and is placed again: the boot under way is for that row.
ALTER TABLE intents ADD COLUMN IF NOT EXISTS server_id VARCHAR(36);

-- Servers that a region has accepted and not launched yet: the process that knows how to place them elsewhere.
CREATE TABLE IF NOT EXISTS placings (
    server_id   VARCHAR(36) NOT NULL PRIMARY KEY,
    owner       VARCHAR(36) NOT NULL,                   -- process that has the boot's body
    begun_at    BIGINT      NOT NULL,                   -- of this placing
    touched_at  BIGINT      NOT NULL                    -- when the owner was last seen alive
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX IF NOT EXISTS placings_by_owner ON placings (owner);

-- Servers that are to be deleted in a region, until it has done so.
CREATE TABLE IF NOT EXISTS removals (
    region_id  VARCHAR(36) NOT NULL,
    local_id   VARCHAR(36) NOT NULL,
    server_id  VARCHAR(36) NOT NULL,                    -- on top
    reason     VARCHAR(16) NOT NULL,                    -- delete | force | remnant
    request_id VARCHAR(64) NOT NULL,
    created_at BIGINT      NOT NULL,
    tries      INTEGER     NOT NULL,
    try_at     BIGINT      NOT NULL,                    -- not before
    PRIMARY KEY (region_id, local_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- A delete was accepted and has not reached the server's region yet.
ALTER TABLE servers ADD COLUMN IF NOT EXISTS to_remove BOOLEAN NOT NULL DEFAULT FALSE;

-- An action of the top's own: its one event's end, and whether it failed.
ALTER TABLE top_actions ADD COLUMN IF NOT EXISTS ended_at BIGINT;
ALTER TABLE top_actions ADD COLUMN IF NOT EXISTS failed BOOLEAN NOT NULL DEFAULT FALSE;
