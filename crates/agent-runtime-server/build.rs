//! Has the server built again when the page was.

fn main() {
    let built = "../../dashboard/dist";
    // The path of a folder that is not there yet could not be resolved, and the page that is built there later would not
    // be found. Where it cannot be made, the server shows its plain page.
    let _ = std::fs::create_dir_all(built);
    // A debug build reads the page from the disk as it runs.
    let is_debug = std::env::var_os("PROFILE").is_some_and(|profile| profile == "debug");
    println!("cargo::rerun-if-changed={}", if is_debug { "build.rs" } else { built });
}
