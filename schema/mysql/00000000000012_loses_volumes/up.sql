-- A delete takes volumes along that its owner had before: the boot names them with delete_on_termination.
ALTER TABLE intents ADD COLUMN IF NOT EXISTS loses_volumes BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE servers ADD COLUMN IF NOT EXISTS loses_volumes BOOLEAN NOT NULL DEFAULT FALSE;
-- What those under way have named is not known any more.
UPDATE intents SET loses_volumes = TRUE;
UPDATE servers SET loses_volumes = TRUE WHERE id IN (SELECT server_id FROM placings);
