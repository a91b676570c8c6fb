#!/bin/sh
# Tries the API of the built server against the description that it serves itself (schemathesis). It ends with
# a failure when an answer is not as described, or when an operation never succeeded.
set -eu
cd "$(dirname "$0")/.."

target="${CARGO_TARGET_DIR:-target}"
server="${AGENT_RUNTIME_PROGRAM:-$target/debug/agent-runtime}"
seconds=175
seed=8765

scripts/setup.sh schemathesis
if [ ! -x "$server" ]; then
    echo "missing: $server; make test builds it" >&2
    exit 1
fi

folder=$(mktemp -d)
server_id=
# shellcheck disable=SC2317 # called by the trap
clean_up() {
    if [ -n "$server_id" ]; then kill "$server_id" 2>/dev/null || true; fi
    rm -rf "$folder"
}
trap clean_up EXIT

# Nothing of the user's settings, and a database of its own. The pipe says when the server listens.
mkfifo "$folder/lines"
env -i PATH="$PATH" HOME="$folder" "$server" --port 0 --database "sqlite:$folder/contract.db" \
    >"$folder/lines" 2>"$folder/log" &
server_id=$!
exec 3<"$folder/lines"
if ! read -r line <&3; then
    cat "$folder/log" >&2
    exit 1
fi
url="${line#listening on }"
"$target/venv/bin/python" scripts/schemathesis_seed.py "$url"

outcome=0
timeout --signal=INT --kill-after=5 "$seconds" \
    "$target/venv/bin/schemathesis" --no-color --config-file scripts/schemathesis.toml run \
    "${SCHEMATHESIS_SCHEMA:-$url/openapi.json}" --url "$url" \
    --exclude-path /ws --exclude-path /stream \
    --checks not_a_server_error,status_code_conformance,content_type_conformance \
    --checks response_schema_conformance,response_headers_conformance \
    --checks unsupported_method,allow_header_conformance,missing_required_header \
    --checks use_after_free,ensure_resource_availability \
    --phases examples,coverage,fuzzing,stateful --max-examples "${SCHEMATHESIS_EXAMPLES:-100}" \
    --seed "$seed" --generation-database none --request-timeout 10 \
    --max-failures 20 --output-truncate true || outcome=$?

if [ "$outcome" -eq 124 ]; then
    echo "schemathesis did not end within $seconds seconds" >&2
fi
if ! kill -TERM "$server_id" || ! wait "$server_id"; then
    echo "the server did not end cleanly; the last lines of its log:" >&2
    tail -n 20 "$folder/log" >&2
    outcome=1
fi
server_id=
exit "$outcome"
