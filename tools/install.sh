#!/bin/sh
# Installs the project's dependencies into .venv and node_modules; does nothing when they are there.
# Python is python3.13 of the PATH, one of pyenv's, or what PYTHON names.
set -eu
cd "$(dirname "$0")/.."
unset VIRTUAL_ENV PYTHONPATH PYTHONHOME
mkdir -p .local
log=.local/install.log

# One at a time: a second `make` waits here and then finds everything done.
if command -v flock >/dev/null 2>&1; then
    exec 9>.local/install.lock
    flock 9
fi

python_wanted=$(cat uv.lock .python-version | cksum)
node_wanted=$(cksum <package-lock.json)

holds() { # FILE TEXT: whether the file says exactly that
    [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]
}

is_python_313() {
    "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' >/dev/null 2>&1
}

python_is_done() {
    holds .venv/.installed "$python_wanted" && is_python_313 .venv/bin/python
}

node_is_done() {
    holds node_modules/.installed "$node_wanted" && node_is_recent
}

node_is_recent() {
    node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)' \
        >/dev/null 2>&1
}

find_python() { # a shim of pyenv's may be in the PATH and yet lead nowhere, so each is tried
    if [ -n "${PYTHON:-}" ]; then
        is_python_313 "$PYTHON" && echo "$PYTHON"
        return
    fi
    pyenv_root=$(pyenv root 2>/dev/null || echo "${PYENV_ROOT:-${HOME:-/nonexistent}/.pyenv}")
    for candidate in python3.13 python3 python "$pyenv_root"/versions/3.13*/bin/python3.13; do
        if is_python_313 "$candidate"; then
            echo "$candidate"
            return
        fi
    done
}

quietly() { # WHAT COMMAND...: run it, show its output only if it fails
    what=$1
    shift
    printf '%s\n' "install: $what"
    if ! "$@" >"$log" 2>&1 9>&-; then
        cat "$log" >&2
        echo "install: failed: $what" >&2
        exit 1
    fi
}

missing=
need() { # one line for each thing that has to be installed by hand
    missing="$missing
  - $1"
}

check_requirements() {
    if ! python_is_done; then
        python=$(find_python) || true
        if [ -n "$python" ]; then
            "$python" -c 'import ensurepip, venv' >/dev/null 2>&1 ||
                need "the venv module of Python 3.13 (Debian and Ubuntu: apt install python3.13-venv)"
        elif [ -n "${PYTHON:-}" ]; then
            need "Python 3.13: PYTHON=$PYTHON is not one"
        else
            need "Python 3.13 as python3.13 (python.org, your distribution, or: pyenv install 3.13); or name one with PYTHON=/path/to/python3.13"
        fi
    fi
    if ! command -v node >/dev/null 2>&1; then
        need "Node.js 20 or newer (nodejs.org or your distribution)"
    elif ! node_is_recent; then
        need "Node.js 20 or newer (nodejs.org): this is $(node --version 2>/dev/null || echo broken)"
    fi
    if ! node_is_done && ! command -v npm >/dev/null 2>&1; then
        need "npm (it comes with Node.js; Debian and Ubuntu: apt install npm)"
    fi
    if [ -n "$missing" ]; then
        echo "install: missing on this machine:$missing" >&2
        exit 1
    fi
}

install_python() {
    uv_version=$(awk '/^name = "uv"$/ { getline; gsub(/[^0-9.]/, "", $0); print; exit }' uv.lock)
    if ! is_python_313 .venv/bin/python; then
        quietly "making .venv with $python" "$python" -m venv --clear .venv
    fi
    if [ "$(.venv/bin/uv --version 2>/dev/null | cut -d ' ' -f 2)" != "$uv_version" ]; then
        quietly "pip for uv" .venv/bin/python -m ensurepip
        quietly "uv $uv_version" .venv/bin/python -m pip install --quiet "uv==$uv_version"
    fi
    # Compiled ahead, as importing the Azure SDKs without bytecode takes seconds in every process.
    quietly "Python packages of uv.lock" env UV_PROJECT_ENVIRONMENT=.venv UV_PYTHON_DOWNLOADS=never \
        .venv/bin/uv sync --frozen --compile-bytecode --python .venv/bin/python
    echo "$python_wanted" >.venv/.installed
}

install_node() {
    quietly "Azurite with npm" npm ci --no-audit --no-fund --loglevel=error
    echo "$node_wanted" >node_modules/.installed
}

check_requirements
python_is_done || install_python
node_is_done || install_node
