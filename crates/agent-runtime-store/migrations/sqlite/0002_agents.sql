-- What agents' own documents tell of their sessions. name_rank says where the name comes from (4: a person, or a
-- client of the API); started_us is the instant of the newest session_start, by which a late end is known.
ALTER TABLE sessions ADD COLUMN source TEXT NOT NULL DEFAULT 'api';
ALTER TABLE sessions ADD COLUMN host TEXT;
ALTER TABLE sessions ADD COLUMN model TEXT;
ALTER TABLE sessions ADD COLUMN branch TEXT;
ALTER TABLE sessions ADD COLUMN ended_at TEXT;
ALTER TABLE sessions ADD COLUMN error_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN name_rank INTEGER NOT NULL DEFAULT 4;
ALTER TABLE sessions ADD COLUMN started_us INTEGER;
ALTER TABLE sessions ADD COLUMN pid INTEGER;
ALTER TABLE sessions ADD COLUMN process_started INTEGER;
CREATE INDEX sessions_by_process ON sessions (pid) WHERE pid IS NOT NULL;
CREATE INDEX sessions_of_running_agents ON sessions (session_key) WHERE status = 'running' AND source <> 'api';

-- What a session is doing, as JSON, since the event at activity_us; its calls that have not come back, as JSON. An
-- event keeps the activity that began with it, so that its message can be made again.
ALTER TABLE sessions ADD COLUMN activity TEXT;
ALTER TABLE sessions ADD COLUMN activity_us INTEGER;
ALTER TABLE sessions ADD COLUMN open_tools TEXT;
ALTER TABLE events ADD COLUMN activity TEXT;

-- Sessions of agents that were deleted: what their agents still report of them is dropped, until they start anew.
CREATE TABLE forgotten (
    session_id TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
