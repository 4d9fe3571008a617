-- Who this top is, the same in all its processes: a random id, made once.
CREATE TABLE top_identity (
    name  VARCHAR(16) NOT NULL PRIMARY KEY,             -- 'id'
    value VARCHAR(36) NOT NULL
);
