-- How far the slow reading of all servers of a region has come.
ALTER TABLE cursors ADD COLUMN IF NOT EXISTS sweep_after VARCHAR(36) NOT NULL DEFAULT '';     -- id there that it goes on behind
ALTER TABLE cursors ADD COLUMN IF NOT EXISTS sweep_began_at BIGINT NOT NULL DEFAULT 0;        -- our clock; 0: none is under way
ALTER TABLE cursors ADD COLUMN IF NOT EXISTS swept_at BIGINT NOT NULL DEFAULT 0;              -- start of the last one that ended
-- What operators see of the sync.
ALTER TABLE cursors ADD COLUMN IF NOT EXISTS skew_us BIGINT;                                  -- the region's clock less ours
ALTER TABLE cursors ADD COLUMN IF NOT EXISTS lag_us BIGINT;                                   -- of the last change that was stored
ALTER TABLE cursors ADD COLUMN IF NOT EXISTS errors BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cursors ADD COLUMN IF NOT EXISTS error_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cursors ADD COLUMN IF NOT EXISTS error VARCHAR(255) NOT NULL DEFAULT '';          -- the last one
ALTER TABLE cursors ADD COLUMN IF NOT EXISTS brake_at BIGINT NOT NULL DEFAULT 0;              -- since when too much is missing; 0: no
ALTER TABLE cursors ADD COLUMN IF NOT EXISTS brake_released_at BIGINT NOT NULL DEFAULT 0;     -- what was missing then may be closed

-- Its region told a minimal record last (2.69): the cell is down, the document is the last one known.
ALTER TABLE servers ADD COLUMN IF NOT EXISTS unknown BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX IF NOT EXISTS servers_by_unknown ON servers (region_id, unknown);
CREATE INDEX IF NOT EXISTS servers_by_local ON servers (region_id, local_id);

CREATE TABLE IF NOT EXISTS floating_ips (
    region_id VARCHAR(36) NOT NULL,
    id        VARCHAR(36) NOT NULL,
    port_id   VARCHAR(36) NOT NULL,                                             -- '': none
    address   VARCHAR(64) NOT NULL,
    PRIMARY KEY (region_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS host_states (
    region_id VARCHAR(36)  NOT NULL,
    host      VARCHAR(191) NOT NULL,
    status    VARCHAR(16)  NOT NULL,                                            -- as servers show it: UP | DOWN | …
    PRIMARY KEY (region_id, host)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
