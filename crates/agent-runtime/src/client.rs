//! The HTTP client of the commands: one request, one connection, plain or with TLS. It knows nothing of a server but
//! its public API.

mod connection;
pub(crate) mod find;
pub(crate) mod follow;
mod items;
mod place;
pub(crate) mod record;
mod sent;
mod trouble;

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT};
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use serde::de::DeserializeOwned;

use crate::failure::Failure;
use crate::settings::remote::{Remote, Secret};
use connection::{Connector, Unanswered};
use items::Items;
use place::Place;
pub(crate) use place::path;
use record::Event;
pub(crate) use trouble::Trouble;

/// How long a server may take to begin its answer. A person waits for it, who takes ten seconds for a hang.
const HEAD_PATIENCE: Duration = Duration::from_secs(8);
/// How long the next part of an answer may take. A live stream sends a comment every 15 seconds.
const BODY_PATIENCE: Duration = Duration::from_secs(45);
/// The most that is read of an answer that is no list: sessions, results, refusals.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// The most bytes of one event, or of all sessions that a stream begins with: more than the largest body that a server
/// can be set to take. Whoever sends more is none.
const MOST_RECORD_BYTES: usize = 640 * 1024 * 1024;

/// A server, and how to reach it.
pub(crate) struct Client {
    place: Place,
    token: Option<Secret>,
    connector: Connector,
}

impl Client {
    /// A client of this server. Nothing is sent yet.
    ///
    /// # Errors
    /// When the address cannot be used.
    pub(crate) fn new(remote: &Remote) -> Result<Self, Failure> {
        let place = Place::parse(&remote.url).map_err(Failure::Usage)?;
        let connector = Connector::new(&place)?;
        Ok(Self { place, token: remote.token.clone(), connector })
    }

    /// Reads one JSON document.
    ///
    /// # Errors
    /// When there is no answer, a refusal, or another document.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Trouble> {
        self.read(self.send(Method::GET, path, None).await?).await
    }

    /// Sends a JSON document, and reads the one that answers it.
    ///
    /// # Errors
    /// When there is no answer, a refusal, or another document.
    pub(crate) async fn put_to<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
    ) -> Result<T, Trouble> {
        self.read(self.send(method, path, body).await?).await
    }

    /// Opens a list, to be read entry by entry.
    ///
    /// # Errors
    /// When there is no answer, or a refusal.
    pub(crate) async fn list(&self, path: &str) -> Result<List<'_>, Trouble> {
        let answer = self.send(Method::GET, path, None).await?;
        Ok(List { answer, items: Items::new(MOST_RECORD_BYTES) })
    }

    /// Reads an event that this server sent.
    ///
    /// # Errors
    /// When it is none.
    pub(crate) fn event(&self, text: &str) -> Result<Event, Trouble> {
        serde_json::from_str(text).map_err(|error| self.foreign(format!("no event: {error}")))
    }

    /// Opens an answer that goes on.
    async fn stream(&self, path: &str) -> Result<Answer<'_>, Trouble> {
        self.send(Method::GET, path, None).await
    }

    async fn send(&self, method: Method, path: &str, body: Option<String>) -> Result<Answer<'_>, Trouble> {
        let mut request = Request::builder()
            .method(method)
            .uri(self.place.target(path))
            .header(HOST, &self.place.authority)
            .header(USER_AGENT, concat!("agent-runtime/", env!("CARGO_PKG_VERSION")))
            .header(ACCEPT, "application/json, text/event-stream");
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {}", token.expose()));
        }
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let request = request.body(Full::new(Bytes::from(body.unwrap_or_default())));
        let request = request.map_err(|error| self.broken(error.to_string()))?;
        let sent = tokio::time::timeout(HEAD_PATIENCE, self.connector.exchange(&self.place, request)).await;
        match sent {
            Ok(Ok(response)) => self.accepted(response).await,
            Ok(Err(Unanswered::Unreached(reason))) => Err(Trouble::Unreachable { url: self.place.url(), reason }),
            Ok(Err(Unanswered::Foreign(reason))) => Err(self.foreign(reason)),
            // A connection that cannot be opened has given up long before.
            Err(_) => Err(Trouble::Silent { url: self.place.url(), seconds: HEAD_PATIENCE.as_secs() }),
        }
    }

    async fn accepted(&self, response: Response<Incoming>) -> Result<Answer<'_>, Trouble> {
        let status = response.status();
        let answer = Answer { client: self, body: response.into_body() };
        if status == http::StatusCode::OK {
            return Ok(answer);
        }
        let text = answer.text().await?;
        let detail = serde_json::from_str::<record::Problem>(&text).ok().map(|problem| problem.detail);
        Err(Trouble::Refused { url: self.place.url(), status: status.as_u16(), detail, token: self.token.is_some() })
    }

    async fn read<T: DeserializeOwned>(&self, answer: Answer<'_>) -> Result<T, Trouble> {
        let text = answer.text().await?;
        serde_json::from_str(&text).map_err(|error| self.foreign(error.to_string()))
    }

    fn foreign(&self, reason: impl Into<String>) -> Trouble {
        Trouble::Foreign { url: self.place.url(), reason: reason.into() }
    }

    fn broken(&self, reason: impl Into<String>) -> Trouble {
        Trouble::Broken { url: self.place.url(), reason: reason.into() }
    }
}

/// The body of an answer that is under way.
struct Answer<'a> {
    client: &'a Client,
    body: Incoming,
}

impl Answer<'_> {
    /// The next part; `None` is its proper end.
    async fn next(&mut self) -> Result<Option<Bytes>, Trouble> {
        loop {
            match tokio::time::timeout(BODY_PATIENCE, self.body.frame()).await {
                Err(_) => return Err(self.client.broken(format!("silent for {} seconds", BODY_PATIENCE.as_secs()))),
                Ok(None) => return Ok(None),
                Ok(Some(Err(error))) => return Err(self.client.broken(connection::cause(&error))),
                Ok(Some(Ok(frame))) => {
                    if let Ok(bytes) = frame.into_data() {
                        return Ok(Some(bytes));
                    }
                }
            }
        }
    }

    async fn text(mut self) -> Result<String, Trouble> {
        let mut text = Vec::new();
        while let Some(bytes) = self.next().await? {
            text.extend_from_slice(&bytes);
            if text.len() > MOST_BYTES {
                return Err(self.client.foreign(format!("more than {MOST_BYTES} bytes")));
            }
        }
        String::from_utf8(text).map_err(|_| self.client.foreign("no UTF-8"))
    }
}

/// A list that comes in, of which only the entry at hand is held.
pub(crate) struct List<'a> {
    answer: Answer<'a>,
    items: Items,
}

impl List<'_> {
    /// The next entry as JSON, as it was sent; `None` when the list is whole.
    ///
    /// # Errors
    /// When the list is cut, or is none.
    pub(crate) async fn next(&mut self) -> Result<Option<String>, Trouble> {
        loop {
            match self.items.next() {
                Ok(Some(entry)) => return Ok(Some(entry)),
                Ok(None) => {}
                Err(reason) => return Err(self.answer.client.foreign(reason)),
            }
            match self.answer.next().await? {
                Some(bytes) => self.items.feed(&bytes),
                None if self.items.whole() => return Ok(None),
                None => return Err(self.answer.client.foreign("no list")),
            }
        }
    }

    /// What the server calls the place behind the last entry, where there is more. Known at the end of the list.
    pub(crate) fn more(&self) -> Option<serde_json::Value> {
        self.items.member("next")
    }
}
