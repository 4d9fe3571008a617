-- Flavors that servers of a region were found to be of and that the top did not have: what stands for them on top. The
-- region's stay its own.
CREATE TABLE adopted_flavors (
    flavor_id  VARCHAR(255) NOT NULL,                   -- of the top
    region_id  VARCHAR(36)  NOT NULL,
    local_id   VARCHAR(255) NOT NULL,
    local_name VARCHAR(255) NOT NULL,
    PRIMARY KEY (flavor_id, region_id)
);
CREATE INDEX adopted_flavors_by_region ON adopted_flavors (region_id, local_id);
