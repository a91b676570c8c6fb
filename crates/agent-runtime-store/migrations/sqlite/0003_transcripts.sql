-- How far the file was read in which an agent keeps a session's words. It is read on while is_open; asked_us is when the
-- last document that named it came.
CREATE TABLE transcripts (
    session_id TEXT PRIMARY KEY,
    path TEXT NOT NULL,
    read_to INTEGER NOT NULL DEFAULT 0,
    device INTEGER,
    inode INTEGER,
    speaker INTEGER NOT NULL DEFAULT 0,
    asked_us INTEGER NOT NULL,
    is_open INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX transcripts_to_read_on ON transcripts (session_id) WHERE is_open = 1;
