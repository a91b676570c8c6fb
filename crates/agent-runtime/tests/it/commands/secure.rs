//! A server behind TLS.

use std::fs;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::Scene;
use crate::process::{Launch, fresh_folder};

#[tokio::test]
async fn a_certificate_that_is_trusted_is_needed_and_enough() {
    let scene = Scene::new().await;
    scene.session("one", "one", json!({})).await;
    let own = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    let folder = fresh_folder();
    let trusted = folder.path().join("trusted.pem");
    fs::write(&trusted, own.cert.pem()).expect("written");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().expect("versions").with_no_client_auth();
    let config = config.with_single_cert(vec![own.cert.der().clone()], key).expect("a configuration");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let behind = scene.server.address;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut front) = acceptor.accept(stream).await else { return };
                let mut back = TcpStream::connect(behind).await.expect("the server");
                let _ = tokio::io::copy_bidirectional(&mut front, &mut back).await;
            });
        }
    });
    let launch = |host: &str, file: &std::path::Path| {
        let url = format!("https://{host}:{port}");
        Launch::bare(fresh_folder()).arguments(["export", "one", "--url", &url]).variable("SSL_CERT_FILE", file)
    };
    let ended = launch("localhost", &trusted).run().await;
    assert_eq!((ended.code, ended.stderr.len(), ended.stdout.len()), (Some(0), 0, 1), "{ended:#?}");
    // Another name than that of the certificate, and a certificate that nobody trusts.
    let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    let others = folder.path().join("others.pem");
    fs::write(&others, other.cert.pem()).expect("written");
    for refused in [launch("127.0.0.1", &trusted), launch("localhost", &others)] {
        let ended = refused.run().await;
        assert_eq!((ended.code, ended.stdout.len()), (Some(1), 0), "{ended:#?}");
        assert!(ended.failure().contains("TLS failed: ") && ended.failure().contains("SSL_CERT_FILE"), "{ended:#?}");
    }
    let none = folder.path().join("none.pem");
    fs::write(&none, "").expect("written");
    let ended = launch("localhost", &none).run().await;
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    assert!(ended.failure().contains("no certificates to check"), "{ended:#?}");
}
