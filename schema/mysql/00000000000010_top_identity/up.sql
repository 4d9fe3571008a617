-- Who this top is, the same in all its processes: a random id, made once.
CREATE TABLE IF NOT EXISTS top_identity (
    name  VARCHAR(16) NOT NULL PRIMARY KEY,             -- 'id'
    value VARCHAR(36) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
