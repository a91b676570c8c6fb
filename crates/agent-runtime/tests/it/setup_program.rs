//! The program in the user's own folder: where hooks find it, whatever happens to a build.

use std::fs;
use std::os::unix::fs::MetadataExt;

use crate::machine::{Machine, hooks};

#[tokio::test]
async fn setup_copies_the_program_and_hooks_name_that_copy() {
    let machine = Machine::bare("home");
    machine.must("setup claude-code --yes").await;
    let program = machine.program_path();
    let built = env!("CARGO_BIN_EXE_agent-runtime");
    assert!(fs::read(&program).expect("there") == fs::read(built).expect("there"), "the same bytes");
    assert_eq!(fs::metadata(&program).expect("there").mode() & 0o777, 0o755);
    let beside: Vec<_> = fs::read_dir(program.parent().expect("a folder")).expect("a folder").collect();
    assert_eq!(beside.len(), 1, "nothing is left beside it");
    for (_, handler) in hooks(&machine.json(".claude/settings.json")) {
        assert_eq!(handler["command"], format!("'{}' hook claude-code", program.display()));
    }
}

#[tokio::test]
async fn setup_alone_puts_the_program_in_its_place() {
    let machine = Machine::bare("home");
    let before = machine.snapshot();
    let ended = machine.run("setup").await;
    assert_eq!(ended.code, Some(2), "{ended:#?}");
    assert!(!machine.program_path().exists());
    machine.must("setup --yes").await;
    assert!(machine.program_path().exists());
    assert_eq!(machine.snapshot(), before);
}

#[tokio::test]
async fn an_upgrade_replaces_the_program_and_nothing_else() {
    let machine = Machine::bare("home");
    machine.must("setup claude-code --yes").await;
    // An old version, which somebody is running.
    let program = machine.program_path();
    fs::write(machine.path("old"), "an old version\n").expect("written");
    fs::set_permissions(machine.path("old"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("set");
    fs::rename(machine.path("old"), &program).expect("renamed");
    let open = fs::File::open(&program).expect("opened");
    let (before, receipt) = (machine.snapshot(), machine.read(".local/state/agent-runtime/receipt.json"));
    let launch = machine.launch("setup claude-code --yes").program(env!("CARGO_BIN_EXE_agent-runtime").as_ref());
    let ended = launch.run().await;
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert!(fs::metadata(&program).expect("there").len() > 1000);
    assert_ne!(fs::metadata(&program).expect("there").ino(), open.metadata().expect("there").ino(), "renamed over it");
    assert_eq!(machine.snapshot(), before);
    assert_eq!(machine.read(".local/state/agent-runtime/receipt.json"), receipt);
}

#[tokio::test]
async fn what_to_do_next_can_be_typed_as_it_stands() {
    let machine = Machine::bare("home");
    let program = machine.program_path();
    for line in ["setup --yes", "setup claude-code --yes"] {
        let said = machine.must(line).await;
        assert!(said.contains(&format!("{} setup claude-code", program.display())), "{said}");
        let folder = program.parent().expect("a folder").display();
        assert!(said.contains(&format!("{folder} is not on your PATH.")), "{said}");
        assert!(said.contains(&format!("export PATH='{folder}':\"$PATH\"")), "{said}");
    }
    let on_path = machine.launch("setup --yes").variable("PATH", program.parent().expect("a folder"));
    let said = on_path.run().await.stdout.join("\n");
    assert!(said.contains("Next: `agent-runtime setup claude-code`") && !said.contains("your PATH"), "{said}");
    // Another program of that name would be another.
    let machine = machine.script("agent-runtime", "exit 0");
    let said = machine.must("setup --yes").await;
    assert!(said.contains(&format!("Next: `{} setup claude-code`", program.display())), "{said}");
}
