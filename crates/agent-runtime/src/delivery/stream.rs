//! A connection that ends with its time, encrypted where the address says so.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::address::Address;

/// Something to write a request to and to read the answer from.
pub(super) trait Stream: Read + Write {}

impl<T: Read + Write> Stream for T {}

/// Connects; each step later on ends at `deadline`, too.
///
/// # Errors
/// When nobody listens, or the time is over.
pub(super) fn open(address: &Address, deadline: Instant) -> io::Result<Box<dyn Stream>> {
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for place in address.resolve()? {
        match TcpStream::connect_timeout(&place, left(deadline)?) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                let timed = Timed { stream, deadline };
                return if address.encrypted { encrypted(timed, &address.host) } else { Ok(Box::new(timed)) };
            }
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// A connection whose every read and write ends at one point in time.
struct Timed {
    stream: TcpStream,
    deadline: Instant,
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(left(self.deadline)?))?;
        self.stream.read(buffer)
    }
}

impl Write for Timed {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(left(self.deadline)?))?;
        self.stream.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// The time that is left: never zero, which would mean for ever.
fn left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left.max(Duration::from_micros(100))) }
}

/// The same connection, encrypted, to whom the certificates of this machine vouch for.
fn encrypted(timed: Timed, host: &str) -> io::Result<Box<dyn Stream>> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = versions.map_err(io::Error::other)?.with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let connection = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
    Ok(Box::new(StreamOwned::new(connection, timed)))
}
