//! A terminal of a certain width, on which the program runs as if a person sat there.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::process::Stdio;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use tokio::sync::watch;

use crate::process::{Launch, Running, wait};

/// A terminal, and what it shows so far.
pub(crate) struct Terminal {
    keyboard: File,
    program_side: File,
    shown: watch::Receiver<String>,
}

impl Terminal {
    /// An empty one, so many columns wide.
    pub(crate) fn new(columns: u16) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&master).expect("granted");
        unlockpt(&master).expect("unlocked");
        let name = ptsname(&master, Vec::new()).expect("its name").into_string().expect("text");
        let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&master, size).expect("sized");
        let program_side = OpenOptions::new().read(true).write(true).open(name).expect("opened");
        let keyboard = File::from(master);
        let shown = collect(keyboard.try_clone().expect("another handle"));
        Self { keyboard, program_side, shown }
    }

    /// Starts the program on it.
    pub(crate) fn spawn(&self, launch: Launch) -> Running {
        let side = || Stdio::from(self.program_side.try_clone().expect("another handle"));
        launch.variable("TERM", "xterm").stdin(side()).stdout(side()).stderr(side()).spawn()
    }

    /// Runs the program on it to its end: its exit code, and all that is shown then.
    pub(crate) async fn run(self, launch: Launch) -> (Option<i32>, String) {
        let running = self.spawn(launch);
        self.ended(running).await
    }

    /// Waits for the end of the program: its exit code, and all that is shown then.
    pub(crate) async fn ended(self, running: Running) -> (Option<i32>, String) {
        let ended = running.ended().await;
        let Self { program_side, mut shown, .. } = self;
        // With the last handle of the program's side, the other side comes to its end.
        drop(program_side);
        while shown.changed().await.is_ok() {}
        let text = shown.borrow().clone();
        (ended.code, text)
    }

    /// Types a line.
    pub(crate) fn type_line(&mut self, line: &str) {
        self.keyboard.write_all(format!("{line}\n").as_bytes()).expect("typed");
    }

    /// Waits until these words are shown.
    pub(crate) async fn shows(&mut self, words: &str) {
        wait(&mut self.shown, words, |shown| shown.contains(words)).await;
    }
}

fn collect(mut screen: File) -> watch::Receiver<String> {
    let (sender, receiver) = watch::channel(String::new());
    std::thread::spawn(move || {
        let (mut bytes, mut seen) = ([0; 4096], Vec::new());
        // A terminal ends with an error.
        while let Ok(length @ 1..) = screen.read(&mut bytes) {
            seen.extend_from_slice(&bytes[..length]);
            sender.send_replace(String::from_utf8_lossy(&seen).replace("\r\n", "\n"));
        }
    });
    receiver
}
