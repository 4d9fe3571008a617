-- Endpoints that only the selector asks; '': the region has none in the catalog.
ALTER TABLE regions ADD COLUMN placement_url VARCHAR(512) NOT NULL DEFAULT '';
ALTER TABLE regions ADD COLUMN volume_url VARCHAR(512) NOT NULL DEFAULT '';
-- The operator's word on which region is better: more is.
ALTER TABLE regions ADD COLUMN weight INTEGER NOT NULL DEFAULT 0;

-- Regions that projects are pinned to, or kept out of.
CREATE TABLE project_regions (
    project_id VARCHAR(64) NOT NULL,
    region_id  VARCHAR(36) NOT NULL,
    pinned     BOOLEAN     NOT NULL,                    -- false: kept out
    created_at BIGINT      NOT NULL,
    PRIMARY KEY (project_id, region_id)
);
CREATE INDEX project_regions_by_region ON project_regions (region_id);
