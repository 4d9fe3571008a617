-- What a change that shows no task state ends in (views::server::Awaited); the row is unsettled until then.
ALTER TABLE servers ADD COLUMN IF NOT EXISTS awaits VARCHAR(128);

-- Place of a server in the request that asked for several.
ALTER TABLE intents ADD COLUMN IF NOT EXISTS launch_index INTEGER NOT NULL DEFAULT 0;
