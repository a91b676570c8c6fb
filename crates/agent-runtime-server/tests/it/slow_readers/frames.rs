//! What clients send over a WebSocket: pings and their answers, text that nobody wants, and nonsense.

use std::time::Duration;

use futures_util::StreamExt;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::Message;

use crate::harness::follow::Transport;
use crate::harness::raw::{Wire, client_frame};
use crate::harness::{PATIENCE, TestServer};

#[tokio::test]
async fn who_answers_no_ping_is_closed() {
    let server = TestServer::start_with(|config| config.limits.ping_interval = Duration::from_millis(100)).await;
    let mut silent = Wire::web_socket(server.address, "").await;
    let mut pings = 0;
    while let Some((opcode, _)) = silent.frame().await {
        pings += usize::from(opcode == 9);
        assert!(pings < 10, "it answered none of {pings} pings");
        if opcode == 8 {
            break;
        }
    }
    assert!(pings >= 2, "two pings may be missed, {pings} were sent");
}

#[tokio::test]
async fn who_answers_pings_stays() {
    let server = TestServer::start_with(|config| config.limits.ping_interval = Duration::from_millis(100)).await;
    let mut socket = server.ws("").await;
    socket.next().await;
    let mut pings = 0;
    while pings < 8 {
        let next = timeout(PATIENCE, socket.stream.next()).await.expect("a ping").expect("no end").expect("no fault");
        assert!(next.is_ping(), "{next:?}");
        pings += 1;
    }
    // Both at once, so that pings are answered while the session is created.
    let (_, message) = tokio::join!(server.create_session("s"), socket.next());
    assert_eq!(message["type"], "session_created");
}

#[tokio::test]
async fn a_clients_ping_is_answered() {
    let server = TestServer::start().await;
    let mut wire = Wire::web_socket(server.address, "").await;
    assert_eq!(wire.frame().await.expect("init").0, 1);
    wire.write(client_frame(0x89, b"are you there")).await;
    assert_eq!(wire.frame().await, Some((10, b"are you there".to_vec())));
}

#[tokio::test]
async fn a_clients_text_is_read_and_dropped_up_to_64_kib() {
    let server = TestServer::start().await;
    let mut socket = server.ws("").await;
    socket.next().await;
    for text in [String::new(), "hello".to_owned(), r#"{"type":"subscribe"}"#.to_owned(), "x".repeat(64 * 1024)] {
        socket.send(Message::text(text)).await;
    }
    server.create_session("s").await;
    assert_eq!(socket.next().await["type"], "session_created", "nothing is answered, nothing is closed");

    socket.send(Message::text("x".repeat(64 * 1024 + 1))).await;
    assert_eq!(socket.close_code().await, Some(1009));
}

#[tokio::test]
async fn a_large_text_in_pieces_is_as_large() {
    let server = TestServer::start().await;
    let mut wire = Wire::web_socket(server.address, "").await;
    wire.write(client_frame(0x01, &vec![b'x'; 40_000])).await;
    wire.write(client_frame(0x80, &vec![b'x'; 40_000])).await;
    assert_eq!(wire.frames_until_close().await.1, Some(1009));
}

#[tokio::test]
async fn pieces_with_a_ping_between_them_are_no_fault() {
    let server = TestServer::start().await;
    let mut wire = Wire::web_socket(server.address, "").await;
    assert_eq!(wire.frame().await.expect("init").0, 1);
    wire.write(client_frame(0x01, "half a character: \u{20ac}".as_bytes().split_at(19).0)).await;
    wire.write(client_frame(0x89, b"a")).await;
    wire.write(client_frame(0x80, "half a character: \u{20ac}".as_bytes().split_at(19).1)).await;
    wire.write(client_frame(0x8a, b"a pong that nobody asked for")).await;
    wire.write(client_frame(0x89, b"b")).await;
    assert_eq!(wire.frame().await, Some((10, b"a".to_vec())));
    assert_eq!(wire.frame().await, Some((10, b"b".to_vec())));
}

#[tokio::test]
async fn a_length_that_was_only_announced_is_not_waited_for() {
    let server = TestServer::start().await;
    for length in [64 * 1024 + 1, 1 << 20, 1 << 40_u64] {
        let mut wire = Wire::web_socket(server.address, "").await;
        let mut frame = vec![0x81, 0xff];
        frame.extend(u64::to_be_bytes(length));
        frame.extend([0; 4]);
        wire.write(frame).await;
        assert_eq!(wire.frames_until_close().await.1, Some(1009), "{length}");
    }
}

#[tokio::test]
async fn garbage_frames_close_their_connection_and_no_other() {
    let server = TestServer::start().await;
    let mut healthy = Transport::WebSocket.follow(&server, "").await;
    healthy.next().await;
    let unmasked =
        |first: u8, payload: &[u8]| [&[first, u8::try_from(payload.len()).expect("short")], payload].concat();
    let mut reserved_length = vec![0x81, 0xff];
    reserved_length.extend(u64::MAX.to_be_bytes());
    reserved_length.extend([0; 4]);
    let cases: [(&str, Vec<u8>); 14] = [
        ("unmasked text", unmasked(0x81, b"hello")),
        ("a reserved bit", client_frame(0xc1, b"hello")),
        ("all reserved bits", client_frame(0xf1, b"hello")),
        ("a reserved data opcode", client_frame(0x83, b"hello")),
        ("a reserved control opcode", client_frame(0x8b, b"hello")),
        ("text that is no UTF-8", client_frame(0x81, &[0xff, 0xfe])),
        ("text that ends in half a character", client_frame(0x81, &[0xe2, 0x82])),
        ("a surrogate in UTF-8", client_frame(0x81, &[0xed, 0xa0, 0x80])),
        ("a piece of nothing", client_frame(0x80, b"hello")),
        ("a text within a text", [client_frame(0x01, b"a"), client_frame(0x81, b"b")].concat()),
        ("a ping in pieces", client_frame(0x09, b"a")),
        ("a ping that is too long", client_frame(0x89, &[b'a'; 126])),
        ("a length beyond everything", reserved_length),
        ("another protocol", b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n".to_vec()),
    ];
    for (index, (what, bytes)) in cases.into_iter().enumerate() {
        let mut wire = Wire::web_socket(server.address, "").await;
        wire.write(bytes).await;
        // It ends: with a code that says what was wrong, or at least at once.
        let (texts, code) = wire.frames_until_close().await;
        assert!(matches!(code, None | Some(1002 | 1003 | 1007 | 1008 | 1009)), "{what}: {code:?}");
        assert!(texts.len() <= 1, "{what}: {texts:?}");
        healthy.next_is_sentinel(&server, &format!("{index}")).await;
    }
}

#[tokio::test]
async fn a_client_that_vanishes_within_a_frame_harms_nobody() {
    let server = TestServer::start().await;
    let mut healthy = Transport::WebSocket.follow(&server, "").await;
    healthy.next().await;
    for n in 0..20 {
        let mut wire = Wire::web_socket(server.address, "").await;
        wire.write(&client_frame(0x81, &[b'x'; 1000])[..10 + n * 40]).await;
        drop(wire);
    }
    healthy.next_is_sentinel(&server, "s").await;
}

#[tokio::test]
async fn a_clients_close_is_answered_and_ends_the_connection() {
    let server = TestServer::start().await;
    for payload in [&[][..], &1000_u16.to_be_bytes(), &[0x0f, 0xa0, b'b', b'y', b'e']] {
        let mut wire = Wire::web_socket(server.address, "").await;
        wire.write(client_frame(0x88, payload)).await;
        let mut answered = false;
        while let Some((opcode, _)) = wire.frame().await {
            answered |= opcode == 8;
        }
        assert!(answered, "{payload:?}");
    }
}
