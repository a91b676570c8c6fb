//! One connection: TCP, TLS where the address asks for it, one HTTP/1.1 request.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::place::Place;
use crate::failure::Failure;

/// How long a machine may take to accept a connection.
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);

/// Why there is no answer.
pub(super) enum Unanswered {
    /// Nobody was reached, or the connection broke; how.
    Unreached(String),
    /// Somebody answered in another language than HTTP; how that showed.
    Foreign(String),
}

/// Opens connections.
pub(super) struct Connector {
    tls: Option<TlsConnector>,
}

impl Connector {
    /// For this place; the system's certificates are read only when they are needed.
    pub(super) fn new(place: &Place) -> Result<Self, Failure> {
        if !place.secure {
            return Ok(Self { tls: None });
        }
        let mut roots = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            let reason = found.errors.first().map_or(String::new(), |error| format!(" ({error})"));
            return Err(Failure::work(format!(
                "this machine has no certificates to check {} with{reason}: install ca-certificates, or name a file \
                 of them in SSL_CERT_FILE",
                place.url()
            )));
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map_err(|error| Failure::work(format!("cannot set TLS up: {error}")))?;
        let config = config.with_root_certificates(roots).with_no_client_auth();
        Ok(Self { tls: Some(TlsConnector::from(Arc::new(config))) })
    }

    /// Sends a request, and returns its answer as soon as that begins; else why there is none.
    pub(super) async fn exchange(
        &self,
        place: &Place,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, Unanswered> {
        let connecting = TcpStream::connect((place.host.as_str(), place.port));
        let Ok(connected) = tokio::time::timeout(CONNECT_PATIENCE, connecting).await else {
            let reason = format!("no connection in {} seconds", CONNECT_PATIENCE.as_secs());
            return Err(Unanswered::Unreached(reason));
        };
        let stream = connected.map_err(|error| Unanswered::Unreached(error.to_string()))?;
        // A request is written at once; there is nothing to wait for.
        let _ = stream.set_nodelay(true);
        let Some(tls) = &self.tls else { return request_on(stream, request).await };
        let name = ServerName::try_from(place.host.clone());
        let name = name.map_err(|error| Unanswered::Unreached(error.to_string()))?;
        let stream = tls.connect(name, stream).await;
        let stream = stream.map_err(|error| Unanswered::Unreached(format!("TLS failed: {}", cause(&error))))?;
        request_on(stream, request).await
    }
}

async fn request_on<S>(stream: S, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Unanswered>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let unanswered = |error: hyper::Error| {
        let make = if error.is_parse() { Unanswered::Foreign } else { Unanswered::Unreached };
        make(cause(&error))
    };
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(unanswered)?;
    // It carries the body, and ends with it. Its failure shows in what is read.
    tokio::spawn(connection);
    sender.send_request(request).await.map_err(unanswered)
}

/// An error and what caused it, without saying the same twice.
pub(super) fn cause(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let text = inner.to_string();
        if !words.contains(&text) {
            words = format!("{words}: {text}");
        }
        source = inner.source();
    }
    words
}
