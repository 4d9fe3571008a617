-- Who asked for the delete may delete locked servers: an admin, or the top for what it made itself.
ALTER TABLE removals ADD COLUMN overrides_lock BOOLEAN NOT NULL DEFAULT FALSE;
