#!/bin/sh
# Brings what a machine lacks: setup.sh compiler | cargo-deny | schemathesis | node | chromium. Quick when it is all there.
set -eu
cd "$(dirname "$0")/.."

# That there is a newer npm is news to nobody here.
export NPM_CONFIG_UPDATE_NOTIFIER=false

cargo_deny_version=0.20.2
node_version=22.23.3
tools="${CARGO_TARGET_DIR:-target}/tools"
venv="${CARGO_TARGET_DIR:-target}/venv"

# Installs packages of Debian, or says plainly what is missing.
install_packages() {
    purpose=$1
    shift
    as_root=
    if ! command -v apt-get >/dev/null; then
        echo "missing: $purpose; install what your system calls: $*" >&2
        exit 1
    elif [ "$(id -u)" -ne 0 ]; then
        as_root="sudo -n"
        if [ -t 0 ]; then as_root=sudo; fi
        if ! command -v sudo >/dev/null || ! $as_root true; then
            echo "missing: $purpose; as root: apt-get install $*" >&2
            exit 1
        fi
    fi
    echo "installing $purpose: $*" >&2
    $as_root apt-get update -qq
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

# The linker of every Rust program, and the compiler of the SQLite that is built in.
compiler() {
    can_compile || install_packages "a C compiler" gcc libc6-dev
    if ! can_compile; then
        echo "missing: a C compiler that works (cc)" >&2
        exit 1
    fi
}

can_compile() {
    printf '#include <stdio.h>\nint main(void) { return puts("") < 0; }\n' | cc -x c -o /dev/null - 2>/dev/null
}

# Looks after licences and sources of dependencies. One on the PATH is taken when it is of the same version.
cargo_deny() {
    if [ "$(PATH="$tools/bin:$PATH" cargo-deny --version 2>/dev/null)" = "cargo-deny $cargo_deny_version" ]; then
        return
    fi
    compiler
    echo "building cargo-deny $cargo_deny_version, once: a few minutes" >&2
    CARGO_PROFILE_DEV_DEBUG=0 cargo install --quiet --locked --debug --no-track --force \
        --root "$tools" --version "=$cargo_deny_version" cargo-deny
}

# Tries the API against its own description.
schemathesis() {
    wanted=scripts/schemathesis-requirements.txt
    if cmp -s "$wanted" "$venv/installed.txt" && [ -x "$venv/bin/python" ]; then
        return
    fi
    python3 -c 'import ensurepip, venv' 2>/dev/null ||
        install_packages "Python with its virtual environments" python3 python3-venv
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$wanted"
    cp "$wanted" "$venv/installed.txt"
}

# Builds the page, together with npm. Where the machine's is older than the tools want, npm's own copy of Node is taken.
node_and_npm() {
    if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
        install_packages "Node, to build the page" nodejs npm
    fi
    if new_enough node || new_enough "$tools/node/node_modules/node/bin/node"; then
        return
    fi
    echo "fetching Node $node_version, once" >&2
    rm -rf "$tools/node"
    mkdir -p "$tools/node"
    npm install --prefix "$tools/node" --no-save --no-audit --no-fund --loglevel error "node@$node_version"
    if ! new_enough "$tools/node/node_modules/node/bin/node"; then
        echo "missing: Node 20.19 or newer, to build the page" >&2
        exit 1
    fi
}

new_enough() {
    "$1" -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' \
        2>/dev/null
}

# Shows the page to its tests. CHROMIUM names another.
browser() {
    if [ ! -x "${CHROMIUM:-/usr/bin/chromium}" ]; then
        install_packages "a browser, for the tests of the page" chromium
    fi
}

case "${1:-}" in
    compiler) compiler ;;
    cargo-deny) cargo_deny ;;
    schemathesis) schemathesis ;;
    node) node_and_npm ;;
    chromium) browser ;;
    *)
        echo "usage: $0 compiler | cargo-deny | schemathesis | node | chromium" >&2
        exit 2
        ;;
esac
