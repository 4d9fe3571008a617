-- Each round of the sync asks what a region's images are called on top: this alone answers it.
CREATE INDEX IF NOT EXISTS equivalents_by_region ON equivalents (region_id, kind, local_id, top_id);
