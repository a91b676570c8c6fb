//! Runs that agents have left behind, where they lie beside the project.

use std::fs;
use std::path::{Path, PathBuf};

use super::claude_code::{self, Subagent};
use super::codex;
use super::run::{Line, Run, lines};

/// All of them; none where there is no such folder, which is said.
pub(super) fn runs(folder: &Path) -> Vec<Run> {
    let recordings = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let mut files = Vec::new();
    for agent in ["claude-code", "codex"] {
        collect(&recordings.join(agent), &mut files);
    }
    if files.is_empty() {
        eprintln!("skipped: there are no recordings in ../shared/data");
    }
    files.sort();
    files.iter().filter_map(|file| run(folder, file)).collect()
}

fn run(folder: &Path, file: &Path) -> Option<Run> {
    let name = file.file_stem()?.to_str()?;
    if let Some(rollout) = name.strip_prefix("rollout-") {
        // After the time: 2026-02-23T12-40-23-ID.
        return Some(codex::run(folder, rollout.get(20..)?, read(file)));
    }
    // Those of subagents are read with the session that they belong to.
    (!name.starts_with("agent-")).then(|| claude_code::run(folder, name, read(file), subagents(file)))
}

fn subagents(of: &Path) -> Vec<Subagent> {
    let mut files = Vec::new();
    collect(&of.with_extension(""), &mut files);
    let subagent = |file: &PathBuf| {
        let id = file.file_stem()?.to_str()?.strip_prefix("agent-")?.to_owned();
        Some(Subagent { id, kind: "Explore", lines: read(file) })
    };
    files.iter().filter_map(subagent).collect()
}

fn read(file: &Path) -> Vec<Line> {
    lines(&fs::read_to_string(file).expect("a transcript"))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "jsonl") {
            files.push(path);
        }
    }
}
