#!/bin/sh
# The page, with Node's tools: page.sh build | gen | check | test | screenshots | bench. Quick when nothing changed.
set -eu
cd "$(dirname "$0")/.."

target="${CARGO_TARGET_DIR:-target}"
case "$target" in /*) ;; *) target="$PWD/$target" ;; esac
# That there is a newer npm is news to nobody here.
export NPM_CONFIG_UPDATE_NOTIFIER=false
own_node="$target/tools/node/node_modules/node/bin"

# Without its tools the server is built with a page that says so, and the tests of the page are left out; not in CI.
tools() {
    if ! scripts/setup.sh node || ! packages; then
        if [ -n "${CI:-}" ]; then exit 1; fi
        echo "without Node and its packages: $1" >&2
        exit 0
    fi
}

# The packages of the lock file, installed when it has changed.
packages() {
    if [ -x "$own_node/node" ]; then PATH="$own_node:$PATH"; fi
    if cmp -s dashboard/package-lock.json dashboard/node_modules/.installed.json; then return; fi
    echo "fetching the page's packages" >&2
    (cd dashboard && npm ci --no-audit --no-fund --loglevel error >&2) || return 1
    cp dashboard/package-lock.json dashboard/node_modules/.installed.json
}

# A folder is newer as well when a file has gone from it.
build() {
    built=dashboard/dist/index.html
    if [ -f "$built" ]; then
        changed=$(cd dashboard && find src public index.html package-lock.json tsconfig.json compress.ts vite.config.ts \
            -newer dist/index.html ! -name '*.test.ts' | head -n 1)
        if [ -z "$changed" ]; then return; fi
    fi
    echo "building the page" >&2
    (cd dashboard && npm run --silent build -- --logLevel warn)
}

case "${1:-}" in
    build)
        tools "the server will show a plain page that explains"
        build
        ;;
    gen)
        tools "dashboard/src/api/schema.ts is not written"
        (cd dashboard && npm run --silent gen)
        ;;
    check)
        tools "the page is not checked"
        (cd dashboard && npm run --silent check)
        ;;
    test)
        tools "the page is not tested"
        (cd dashboard && npm run --silent test)
        if ! scripts/setup.sh chromium; then
            if [ -n "${CI:-}" ]; then exit 1; fi
            echo "without Chromium: the page is not tested in a browser" >&2
            exit 0
        fi
        build
        (cd dashboard && npx vitest run --config vitest.pages.config.ts)
        ;;
    screenshots)
        tools "there are no screenshots"
        scripts/setup.sh chromium
        build
        (cd dashboard && SCREENSHOTS=1 npx vitest run --config vitest.pages.config.ts)
        ;;
    bench)
        tools "the page is not measured"
        scripts/setup.sh chromium
        cd dashboard && exec node bench/run.js
        ;;
    *)
        echo "usage: $0 build | gen | check | test | screenshots | bench" >&2
        exit 2
        ;;
esac
