//! One page of a session's events, in their order.
//!
//! Most places come from `event_order`; those of the newest events, which are not sorted in yet, are sorted
//! here and fetched by their ids. The two lists are merged.

use agent_runtime_types::event::{is_failure, push_event, stored_members};
use agent_runtime_types::outline::push_outline;
use agent_runtime_types::outline_columns::OutlineColumns;
use agent_runtime_types::page::EventDetail;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::error::ReadError;
use crate::read::{EventPage, EventPlace, EventReading, PageLimits};

/// Rows that one page may look at without taking them, as a multiple of those it may take: it bounds how
/// long one transaction lasts when a filter matches little.
const LOOKED_AT_PER_ROW: usize = 16;

/// The same for their bytes, when their bodies are looked into.
const LOOKED_INTO_PER_BYTE: usize = 16;

/// Reads the next page of `reading`.
pub(super) fn read(
    connection: &mut Connection,
    reading: EventReading,
    page: PageLimits,
) -> Result<EventPage, ReadError> {
    let transaction = connection.transaction()?;
    // A session that was deleted since the reading began keeps its rows until the reading ends.
    let mut there = transaction.prepare_cached(
        "SELECT ordered_to FROM log_head WHERE EXISTS (SELECT 1 FROM sessions WHERE session_key = ?1)
            OR EXISTS (SELECT 1 FROM erasures WHERE session_key = ?1)",
    )?;
    let ordered_to = there.query_row([reading.session_key], |row| row.get(0)).optional()?;
    let ordered_to = ordered_to.ok_or(ReadError::SessionNotFound)?;
    let mut tail = tail(&transaction, &reading, ordered_to)?.into_iter().peekable();
    let mut sorted = transaction.prepare_cached(sorted_sql(reading.descending))?;
    let EventReading { session_key, head, above, below, .. } = reading;
    let mut sorted =
        sorted.query(params![session_key, above.instant_us, above.id, below.instant_us, below.id, head])?;
    let mut fetch = transaction.prepare_cached("SELECT body, event_type, tool_name FROM events WHERE id = ?1")?;

    let mut taking = Taking {
        reading,
        page,
        text: String::new(),
        columns: OutlineColumns::new(),
        count: 0,
        looked_at: 0,
        looked_into: 0,
    };
    let mut next_sorted = sorted.next()?;
    loop {
        let sorted_place =
            next_sorted.map(|row| Ok::<_, rusqlite::Error>(EventPlace { instant_us: row.get(3)?, id: row.get(4)? }));
        let sorted_place = sorted_place.transpose()?;
        let tail_is_nearer = match (sorted_place, tail.peek()) {
            (Some(sorted), Some(new)) => (*new < sorted) != taking.reading.descending,
            (sorted, _) => sorted.is_none(),
        };
        let step = match (sorted_place, next_sorted) {
            (Some(place), Some(row)) if !tail_is_nearer => {
                let step = taking.look_at(place, row)?;
                next_sorted = sorted.next()?;
                step
            }
            _ => match tail.next() {
                Some(place) => fetch.query_row([place.id], |row| taking.look_at(place, row))?,
                None => return Ok(taking.last_page(None)),
            },
        };
        match step {
            Step::GoOn => {}
            Step::PageIsFull => return Ok(taking.full_page()),
            Step::LimitIsReached => {
                let next = taking.reading.last_taken;
                return Ok(taking.last_page(next));
            }
        }
    }
}

/// A page under way.
struct Taking {
    reading: EventReading,
    page: PageLimits,
    text: String,
    /// What was taken, where it is wanted in columns.
    columns: OutlineColumns,
    count: usize,
    looked_at: usize,
    /// Bytes of bodies.
    looked_into: usize,
}

/// What to do behind a row.
enum Step {
    GoOn,
    PageIsFull,
    /// The limit was reached before, and here is one more event that matches.
    LimitIsReached,
}

impl Taking {
    /// Takes the event of a row (body, type, tool) when it is wanted.
    fn look_at(&mut self, place: EventPlace, row: &Row<'_>) -> rusqlite::Result<Step> {
        let reading = &mut self.reading;
        let mut wanted = holds(row, 1, reading.event_type.as_deref())? && holds(row, 2, reading.tool_name.as_deref())?;
        let body = row.get_ref(0)?.as_str()?;
        let looks_into =
            wanted && (reading.detail != EventDetail::Whole || reading.failures_only || reading.text.is_some());
        let members = if looks_into { stored_members(body) } else { Vec::new() };
        if looks_into {
            self.looked_into += body.len();
            wanted = (!reading.failures_only || is_failure(&members))
                && reading.text.as_ref().is_none_or(|needle| needle.is_in(&members));
        }
        if wanted && reading.left == Some(0) {
            return Ok(Step::LimitIsReached);
        }
        if wanted {
            if self.count > 0 && reading.detail != EventDetail::OutlineColumns {
                self.text.push(',');
            }
            match reading.detail {
                EventDetail::Whole => push_event(place.id, body, &mut self.text),
                EventDetail::Outline => push_outline(place.id, body, &members, &mut self.text),
                EventDetail::OutlineColumns => self.columns.push(place.id, place.instant_us, body, &members),
            }
            self.count += 1;
            reading.last_taken = Some(place.id);
            reading.left = reading.left.map(|left| left - 1);
        }
        *(if reading.descending { &mut reading.below } else { &mut reading.above }) = place;
        self.looked_at += 1;
        // With a limit reached, one more event is needed to know whether there is more: often it is at hand.
        let holds_enough =
            self.count >= self.page.rows || self.text.len() + self.columns.written_bytes() >= self.page.bytes;
        let full = (holds_enough && reading.left != Some(0))
            || self.looked_at >= self.page.rows * LOOKED_AT_PER_ROW
            || self.looked_into >= self.page.bytes.saturating_mul(LOOKED_INTO_PER_BYTE);
        Ok(if full { Step::PageIsFull } else { Step::GoOn })
    }

    fn full_page(mut self) -> EventPage {
        EventPage { rows: self.rows(), count: self.count, rest: Some(self.reading), next: None }
    }

    fn last_page(mut self, next: Option<i64>) -> EventPage {
        EventPage { rows: self.rows(), count: self.count, rest: None, next }
    }

    fn rows(&mut self) -> String {
        if self.count > 0 && self.reading.detail == EventDetail::OutlineColumns {
            self.columns.write()
        } else {
            std::mem::take(&mut self.text)
        }
    }
}

fn sorted_sql(descending: bool) -> &'static str {
    if descending {
        "SELECT body, event_type, tool_name, place.instant_us, place.id
         FROM event_order AS place CROSS JOIN events ON events.id = place.id
         WHERE place.session_key = ?1 AND (place.instant_us, place.id) > (?2, ?3)
            AND (place.instant_us, place.id) < (?4, ?5) AND place.id <= ?6
         ORDER BY place.instant_us DESC, place.id DESC"
    } else {
        "SELECT body, event_type, tool_name, place.instant_us, place.id
         FROM event_order AS place CROSS JOIN events ON events.id = place.id
         WHERE place.session_key = ?1 AND (place.instant_us, place.id) > (?2, ?3)
            AND (place.instant_us, place.id) < (?4, ?5) AND place.id <= ?6
         ORDER BY place.instant_us, place.id"
    }
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

fn holds(row: &Row<'_>, column: usize, wanted: Option<&str>) -> rusqlite::Result<bool> {
    Ok(wanted.is_none() || row.get_ref(column)?.as_str_or_null()? == wanted)
}
