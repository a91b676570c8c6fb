//! One page of a session's events, in their order.
//!
//! Most places come from `event_order`; those of the newest events, which are not sorted in yet, are sorted
//! here. The two lists are merged, and each event is fetched by its id.

use std::iter::Peekable;

use agent_runtime_types::event::push_event;
use rusqlite::{Connection, OptionalExtension, Row, Statement, params};

use crate::error::ReadError;
use crate::read::{EventPage, EventPlace, EventReading, PageLimits};

/// Rows that one page may look at without taking them, as a multiple of those it may take: it bounds how
/// long one transaction lasts when a filter matches little.
const LOOKED_AT_PER_ROW: usize = 16;

/// Reads the next page of `reading`.
pub(super) fn read(
    connection: &mut Connection,
    mut reading: EventReading,
    page: PageLimits,
) -> Result<EventPage, ReadError> {
    let transaction = connection.transaction()?;
    let mut there = transaction.prepare_cached("SELECT ordered_to FROM log_head, sessions WHERE session_key = ?1")?;
    let ordered_to = there.query_row([reading.session_key], |row| row.get(0)).optional()?;
    let ordered_to = ordered_to.ok_or(ReadError::SessionNotFound)?;
    let mut tail = tail(&transaction, &reading, ordered_to)?.into_iter().peekable();
    let mut order = transaction.prepare_cached(order_sql(reading.descending))?;
    let mut order = order_from(&mut order, &reading)?.peekable();
    let mut fetch = transaction.prepare_cached("SELECT body, event_type, tool_name FROM events WHERE id = ?1")?;

    let mut text = String::new();
    let (mut count, mut looked_at, mut last_taken) = (0, 0, None);
    while let Some(place) = next_place(&mut order, &mut tail, reading.descending)? {
        let taken = fetch.query_row([place.id], |row| {
            let taken = is_wanted(row, &reading)?;
            if taken && reading.left != Some(0) {
                if count > 0 {
                    text.push(',');
                }
                push_event(place.id, row.get_ref(0)?.as_str()?, &mut text);
            }
            Ok(taken)
        })?;
        if taken && reading.left == Some(0) {
            return Ok(EventPage { rows: text, count, rest: None, next: last_taken });
        }
        looked_at += 1;
        if taken {
            count += 1;
            last_taken = Some(place.id);
            reading.left = reading.left.map(|left| left - 1);
        }
        *(if reading.descending { &mut reading.below } else { &mut reading.above }) = place;
        // With a limit reached, one more row is needed to know whether there is more.
        let full = count >= page.rows || text.len() >= page.bytes || looked_at >= page.rows * LOOKED_AT_PER_ROW;
        if full && reading.left != Some(0) {
            return Ok(EventPage { rows: text, count, rest: Some(reading), next: None });
        }
    }
    Ok(EventPage { rows: text, count, rest: None, next: None })
}

fn order_sql(descending: bool) -> &'static str {
    if descending {
        "SELECT instant_us, id FROM event_order
         WHERE session_key = ?1 AND (instant_us, id) > (?2, ?3) AND (instant_us, id) < (?4, ?5) AND id <= ?6
         ORDER BY instant_us DESC, id DESC"
    } else {
        "SELECT instant_us, id FROM event_order
         WHERE session_key = ?1 AND (instant_us, id) > (?2, ?3) AND (instant_us, id) < (?4, ?5) AND id <= ?6
         ORDER BY instant_us, id"
    }
}

fn order_from<'s>(
    statement: &'s mut Statement<'_>,
    reading: &EventReading,
) -> rusqlite::Result<impl Iterator<Item = rusqlite::Result<EventPlace>> + use<'s>> {
    let EventReading { session_key, head, above, below, .. } = reading;
    statement.query_map(params![session_key, above.instant_us, above.id, below.instant_us, below.id, head], place)
}

/// The places of the newest events, which `event_order` does not have yet, in the reading's order.
fn tail(connection: &Connection, reading: &EventReading, ordered_to: i64) -> rusqlite::Result<Vec<EventPlace>> {
    let mut statement = connection
        .prepare_cached("SELECT instant_us, id FROM events WHERE id > ?1 AND id <= ?2 AND session_key = ?3")?;
    let places = statement.query_map([ordered_to, reading.head, reading.session_key], place)?;
    let mut places: Vec<EventPlace> = places.collect::<Result<_, _>>()?;
    places.retain(|place| *place > reading.above && *place < reading.below);
    places.sort_unstable();
    if reading.descending {
        places.reverse();
    }
    Ok(places)
}

fn place(row: &Row<'_>) -> rusqlite::Result<EventPlace> {
    Ok(EventPlace { instant_us: row.get(0)?, id: row.get(1)? })
}

/// The nearer of the two lists' next places.
fn next_place(
    order: &mut Peekable<impl Iterator<Item = rusqlite::Result<EventPlace>>>,
    tail: &mut Peekable<impl Iterator<Item = EventPlace>>,
    descending: bool,
) -> rusqlite::Result<Option<EventPlace>> {
    let from_order = match (order.peek(), tail.peek()) {
        (Some(Ok(ordered)), Some(new)) => (ordered < new) != descending,
        (Some(_), _) => true,
        (None, _) => false,
    };
    if from_order { order.next().transpose() } else { Ok(tail.next()) }
}

fn is_wanted(row: &Row<'_>, reading: &EventReading) -> rusqlite::Result<bool> {
    Ok(holds(row, 1, reading.event_type.as_deref())? && holds(row, 2, reading.tool_name.as_deref())?)
}

fn holds(row: &Row<'_>, column: usize, wanted: Option<&str>) -> rusqlite::Result<bool> {
    Ok(wanted.is_none() || row.get_ref(column)?.as_str_or_null()? == wanted)
}
