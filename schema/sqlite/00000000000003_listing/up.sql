-- What lists filter and sort by, taken out of the document when it is stored.
ALTER TABLE servers ADD COLUMN hostname VARCHAR(255);
ALTER TABLE servers ADD COLUMN node VARCHAR(255);
ALTER TABLE servers ADD COLUMN key_name VARCHAR(255);
ALTER TABLE servers ADD COLUMN config_drive VARCHAR(16);
ALTER TABLE servers ADD COLUMN locked BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE servers ADD COLUMN progress INTEGER NOT NULL DEFAULT 0;
ALTER TABLE servers ADD COLUMN power_state INTEGER NOT NULL DEFAULT 0;
ALTER TABLE servers ADD COLUMN description VARCHAR(255);
ALTER TABLE servers ADD COLUMN access_ip_v4 VARCHAR(64);
ALTER TABLE servers ADD COLUMN access_ip_v6 VARCHAR(64);
ALTER TABLE servers ADD COLUMN root_device_name VARCHAR(255);
ALTER TABLE servers ADD COLUMN kernel_id VARCHAR(255);
ALTER TABLE servers ADD COLUMN ramdisk_id VARCHAR(255);
ALTER TABLE servers ADD COLUMN auto_disk_config BOOLEAN;
ALTER TABLE servers ADD COLUMN terminated_at BIGINT;
ALTER TABLE servers ADD COLUMN ips TEXT; -- fixed addresses, a space before and behind each

CREATE TABLE server_tags (
    server_id VARCHAR(36) NOT NULL,
    tag       VARCHAR(60) NOT NULL,
    PRIMARY KEY (server_id, tag)
);
CREATE INDEX server_tags_by_tag ON server_tags (tag, server_id);

CREATE INDEX servers_by_project_name ON servers (project_id, deleted, name, serial);
CREATE INDEX servers_by_project_change ON servers (project_id, changed_at);
CREATE INDEX servers_by_host ON servers (host);
CREATE INDEX servers_by_reservation ON servers (reservation_id);

-- The sync reads every server again and fills the columns; tombstones keep them empty.
UPDATE servers SET documented = FALSE, settled = FALSE WHERE deleted = FALSE;
