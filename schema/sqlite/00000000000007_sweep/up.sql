-- How far the slow reading of all servers of a region has come.
ALTER TABLE cursors ADD COLUMN sweep_after VARCHAR(36) NOT NULL DEFAULT '';     -- id there that it goes on behind
ALTER TABLE cursors ADD COLUMN sweep_began_at BIGINT NOT NULL DEFAULT 0;        -- our clock; 0: none is under way
ALTER TABLE cursors ADD COLUMN swept_at BIGINT NOT NULL DEFAULT 0;              -- start of the last one that ended
-- What operators see of the sync.
ALTER TABLE cursors ADD COLUMN skew_us BIGINT;                                  -- the region's clock less ours
ALTER TABLE cursors ADD COLUMN lag_us BIGINT;                                   -- of the last change that was stored
ALTER TABLE cursors ADD COLUMN errors BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cursors ADD COLUMN error_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cursors ADD COLUMN error VARCHAR(255) NOT NULL DEFAULT '';          -- the last one
ALTER TABLE cursors ADD COLUMN brake_at BIGINT NOT NULL DEFAULT 0;              -- since when too much is missing; 0: no
ALTER TABLE cursors ADD COLUMN brake_released_at BIGINT NOT NULL DEFAULT 0;     -- what was missing then may be closed

-- Its region told a minimal record last (2.69): the cell is down, the document is the last one known.
ALTER TABLE servers ADD COLUMN unknown BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX servers_by_unknown ON servers (region_id, unknown);
CREATE INDEX servers_by_local ON servers (region_id, local_id);

CREATE TABLE floating_ips (
    region_id VARCHAR(36) NOT NULL,
    id        VARCHAR(36) NOT NULL,
    port_id   VARCHAR(36) NOT NULL,                                             -- '': none
    address   VARCHAR(64) NOT NULL,
    PRIMARY KEY (region_id, id)
);

CREATE TABLE host_states (
    region_id VARCHAR(36)  NOT NULL,
    host      VARCHAR(191) NOT NULL,
    status    VARCHAR(16)  NOT NULL,                                            -- as servers show it: UP | DOWN | …
    PRIMARY KEY (region_id, host)
);
