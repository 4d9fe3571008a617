-- What lists filter and sort by, taken out of the document when it is stored.
ALTER TABLE servers ADD COLUMN IF NOT EXISTS hostname VARCHAR(255);
ALTER TABLE servers ADD COLUMN IF NOT EXISTS node VARCHAR(255);
ALTER TABLE servers ADD COLUMN IF NOT EXISTS key_name VARCHAR(255);
ALTER TABLE servers ADD COLUMN IF NOT EXISTS config_drive VARCHAR(16);
ALTER TABLE servers ADD COLUMN IF NOT EXISTS locked BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE servers ADD COLUMN IF NOT EXISTS progress INTEGER NOT NULL DEFAULT 0;
ALTER TABLE servers ADD COLUMN IF NOT EXISTS power_state INTEGER NOT NULL DEFAULT 0;
ALTER TABLE servers ADD COLUMN IF NOT EXISTS description VARCHAR(255);
ALTER TABLE servers ADD COLUMN IF NOT EXISTS access_ip_v4 VARCHAR(64);
ALTER TABLE servers ADD COLUMN IF NOT EXISTS access_ip_v6 VARCHAR(64);
ALTER TABLE servers ADD COLUMN IF NOT EXISTS root_device_name VARCHAR(255);
ALTER TABLE servers ADD COLUMN IF NOT EXISTS kernel_id VARCHAR(255);
ALTER TABLE servers ADD COLUMN IF NOT EXISTS ramdisk_id VARCHAR(255);
ALTER TABLE servers ADD COLUMN IF NOT EXISTS auto_disk_config BOOLEAN;
ALTER TABLE servers ADD COLUMN IF NOT EXISTS terminated_at BIGINT;
ALTER TABLE servers ADD COLUMN IF NOT EXISTS ips TEXT; -- fixed addresses, a space before and behind each

CREATE TABLE IF NOT EXISTS server_tags (
    server_id VARCHAR(36) NOT NULL,
    tag       VARCHAR(60) NOT NULL,
    PRIMARY KEY (server_id, tag)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX IF NOT EXISTS server_tags_by_tag ON server_tags (tag, server_id);

CREATE INDEX IF NOT EXISTS servers_by_project_name ON servers (project_id, deleted, name, serial);
CREATE INDEX IF NOT EXISTS servers_by_project_change ON servers (project_id, changed_at);
CREATE INDEX IF NOT EXISTS servers_by_host ON servers (host);
CREATE INDEX IF NOT EXISTS servers_by_reservation ON servers (reservation_id);

-- The sync reads every server again and fills the columns; tombstones keep them empty.
UPDATE servers SET documented = FALSE, settled = FALSE WHERE deleted = FALSE;
