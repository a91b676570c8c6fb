//! Has the server built again when the page was.

use std::path::Path;

fn main() {
    // A debug build reads the page from the disk as it runs.
    if std::env::var_os("PROFILE").is_some_and(|profile| profile == "debug") {
        println!("cargo::rerun-if-changed=build.rs");
        return;
    }
    // What is not there counts as changed every time; then it is the folder in which it would appear.
    let built = "../../dashboard/dist";
    let watched = if Path::new(built).is_dir() { built } else { "../../dashboard" };
    println!("cargo::rerun-if-changed={watched}");
}
