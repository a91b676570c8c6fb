//! Small libraries in C that stand between the program and the system's calls (`LD_PRELOAD`).

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

/// Compiles `tests/preload/NAME.c` into `folder`. `None`, and a line that says so, where that cannot be done.
pub(crate) fn compile(name: &str, folder: &Path) -> Option<OsString> {
    if !cfg!(all(target_os = "linux", target_env = "gnu")) {
        println!("skipped: this needs LD_PRELOAD, hence Linux with glibc");
        return None;
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/preload").join(name).with_extension("c");
    let library = folder.join(name).with_extension("so");
    let arguments = ["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"];
    match Command::new("cc").args(arguments).arg(&library).arg(&source).output() {
        Ok(output) => {
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "cc {}: {errors}", source.display());
            Some(library.into_os_string())
        }
        Err(error) => {
            println!("skipped: no C compiler (cc): {error}");
            None
        }
    }
}
