-- Servers of a region that could not be stored; the rest of their page was. Gone when one of them is.
CREATE TABLE set_aside (
    region_id VARCHAR(36)  NOT NULL,
    local_id  VARCHAR(36)  NOT NULL,
    reason    VARCHAR(255) NOT NULL,
    noted_at  BIGINT       NOT NULL,                                            -- when that was first so
    PRIMARY KEY (region_id, local_id)
);

-- Name of the region whose servers it was found to have: it is not used then; '': none.
ALTER TABLE regions ADD COLUMN same_as VARCHAR(191) NOT NULL DEFAULT '';
