-- What a change that shows no task state ends in (views::server::Awaited); the row is unsettled until then.
ALTER TABLE servers ADD COLUMN awaits VARCHAR(128);

-- Each server of a request that asks for several has an intent of its own: its place among them.
ALTER TABLE intents ADD COLUMN launch_index INTEGER NOT NULL DEFAULT 0;
ALTER TABLE intents DROP COLUMN server_count;
