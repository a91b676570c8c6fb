#!/bin/sh
# Runs checks of cargo-deny, from the tools that setup.sh brings: deny.sh CHECK…
set -eu
cd "$(dirname "$0")/.."
PATH="${CARGO_TARGET_DIR:-target}/tools/bin:$PATH"
exec cargo deny --locked check --hide-inclusion-graph "$@"
