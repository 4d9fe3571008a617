-- A filter by host folds case, as in Nova's database; servers_by_host is for the sync.
-- Lists are in the order of created_at, newest first, then of id, least first (docs/decisions/0031-plans-of-lists.md): each
-- index holds its rows in that order, so that a page is read from it without a sort. Those that are dropped ended in serial.
CREATE INDEX servers_by_project_newest ON servers (project_id, deleted, created_at DESC, id);
CREATE INDEX servers_by_project_oldest ON servers (project_id, deleted, created_at, id);
CREATE INDEX servers_by_newest ON servers (deleted, created_at DESC, id);
CREATE INDEX servers_by_oldest ON servers (deleted, created_at, id);
CREATE INDEX servers_by_user_newest ON servers (user_id, deleted, created_at DESC, id);
CREATE INDEX servers_by_state_newest ON servers (vm_state, deleted, created_at DESC, id);
CREATE INDEX servers_by_host_newest ON servers (host COLLATE NOCASE, deleted, created_at DESC, id);
CREATE INDEX servers_by_flavor_newest ON servers (flavor_id, deleted, created_at DESC, id);
CREATE INDEX servers_by_image_newest ON servers (image_id, deleted, created_at DESC, id);
CREATE INDEX servers_by_reservation_newest ON servers (reservation_id, deleted, created_at DESC, id);
CREATE INDEX servers_by_task ON servers (task_state, deleted);
DROP INDEX servers_by_project;
DROP INDEX servers_by_creation;
DROP INDEX servers_by_project_name;
DROP INDEX servers_by_reservation;
