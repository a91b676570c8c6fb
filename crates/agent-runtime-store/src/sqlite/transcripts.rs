//! How far each session's transcript was read. Kept with the words themselves, so that whoever starts next reads on.

use agent_runtime_types::report::{Facts, Source, TranscriptNews, TranscriptPlace};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::read::OpenTranscript;

/// Notes what is new, in the transaction of what was read.
pub(super) fn note(connection: &Connection, facts: &Facts, news: &TranscriptNews) -> rusqlite::Result<()> {
    let session_id = &facts.session_id;
    match news {
        TranscriptNews::Grows { path } => {
            // The columns on the right are those before the change.
            let mut statement = connection.prepare_cached(
                "INSERT INTO transcripts (session_id, path, asked_us, is_open) VALUES (?1, ?2, ?3, 1)
                 ON CONFLICT (session_id) DO UPDATE SET
                    path = excluded.path,
                    read_to = iif(path = excluded.path, read_to, 0),
                    device = iif(path = excluded.path, device, NULL),
                    inode = iif(path = excluded.path, inode, NULL),
                    speaker = iif(path = excluded.path, speaker, 0),
                    asked_us = excluded.asked_us,
                    is_open = 1",
            )?;
            statement.execute(params![session_id, path, facts.at_us])?;
        }
        TranscriptNews::Read { path, place } => read_to(connection, session_id, path, *place)?,
        TranscriptNews::Settled { path, place } => {
            read_to(connection, session_id, path, *place)?;
            let mut statement = connection.prepare_cached(
                "UPDATE transcripts SET is_open = 0 WHERE session_id = ?1 AND path = ?2 AND asked_us = ?3",
            )?;
            statement.execute(params![session_id, path, facts.at_us])?;
        }
    }
    Ok(())
}

/// Reads no further in the transcript of a session that is deleted. The place stays: should its agent take it up again,
/// what was deleted does not come back.
pub(super) fn let_go(connection: &Connection, session_id: &str) -> rusqlite::Result<()> {
    let sql = "UPDATE transcripts SET is_open = 0 WHERE session_id = ?1";
    connection.prepare_cached(sql)?.execute([session_id])?;
    Ok(())
}

fn read_to(connection: &Connection, session_id: &str, path: &str, place: TranscriptPlace) -> rusqlite::Result<()> {
    let TranscriptPlace { offset, file, speaker } = place;
    let (device, inode) = file.map(|(device, inode)| (device.cast_signed(), inode.cast_signed())).unzip();
    let mut statement = connection.prepare_cached(
        "UPDATE transcripts SET read_to = ?3, device = ?4, inode = ?5, speaker = ?6 WHERE session_id = ?1 AND path = ?2",
    )?;
    statement.execute(params![session_id, path, offset.cast_signed(), device, inode, speaker])?;
    Ok(())
}

/// Those that are to be read on, of sessions that are there.
pub(super) fn open(connection: &Connection) -> rusqlite::Result<Vec<OpenTranscript>> {
    let mut statement = connection.prepare_cached(
        "SELECT read_to, device, inode, speaker, session_id, session_name, source, path, asked_us
         FROM transcripts JOIN sessions USING (session_id) WHERE is_open = 1",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(OpenTranscript {
            place: place(row)?,
            session_id: row.get(4)?,
            session_name: row.get(5)?,
            source: Source::parse(&row.get::<_, String>(6)?).unwrap_or_default(),
            path: row.get(7)?,
            asked_us: row.get(8)?,
        })
    })?;
    rows.collect()
}

/// How far a session's transcript was read.
pub(super) fn place_in(
    connection: &Connection,
    session_id: &str,
    path: &str,
) -> rusqlite::Result<Option<TranscriptPlace>> {
    let sql = "SELECT read_to, device, inode, speaker FROM transcripts WHERE session_id = ?1 AND path = ?2";
    connection.prepare_cached(sql)?.query_row([session_id, path], place).optional()
}

fn place(row: &Row<'_>) -> rusqlite::Result<TranscriptPlace> {
    let (device, inode): (Option<i64>, Option<i64>) = (row.get(1)?, row.get(2)?);
    let file = device.zip(inode).map(|(device, inode)| (device.cast_unsigned(), inode.cast_unsigned()));
    Ok(TranscriptPlace { offset: row.get::<_, i64>(0)?.cast_unsigned(), file, speaker: row.get(3)? })
}
