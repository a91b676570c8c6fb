#!/bin/sh
# Brings what a machine lacks: setup.sh compiler | cargo-deny | schemathesis. Quick when it is all there.
set -eu
cd "$(dirname "$0")/.."

cargo_deny_version=0.20.2
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

case "${1:-}" in
    compiler) compiler ;;
    cargo-deny) cargo_deny ;;
    schemathesis) schemathesis ;;
    *)
        echo "usage: $0 compiler | cargo-deny | schemathesis" >&2
        exit 2
        ;;
esac
