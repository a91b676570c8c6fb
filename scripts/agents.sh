#!/bin/sh
# Fetches the agents' own programs from the npm registry, once, and runs them with our hooks. A model of our own answers
# them: nothing but the download leaves this machine.
set -eu
cd "$(dirname "$0")/.."

claude_code_version=2.1.331
codex_version=0.169.0
folder="${CARGO_TARGET_DIR:-target}/tools/agents"
wanted="claude-code $claude_code_version, codex $codex_version"

if [ "$(cat "$folder/installed.txt" 2>/dev/null)" != "$wanted" ]; then
    if ! command -v npm >/dev/null; then
        echo "missing: npm, to fetch the agents' programs" >&2
        exit 1
    fi
    rm -rf "$folder"
    mkdir -p "$folder"
    npm install --prefix "$folder" --ignore-scripts --no-save --no-audit --no-fund --loglevel error \
        "@anthropic-ai/claude-code@$claude_code_version" "@openai/codex@$codex_version"
    # The one script of theirs that is needed: it puts the program in its place.
    node "$folder/node_modules/@anthropic-ai/claude-code/install.cjs"
    echo "$wanted" >"$folder/installed.txt"
fi
exec cargo test --locked --package agent-runtime --test it real_agents -- --ignored
