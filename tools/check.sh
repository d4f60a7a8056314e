#!/bin/sh
# The gate: everything that can be known without running the code. All of it runs, so that one
# call shows every fault.
set -u
cd "$(dirname "$0")/.."
bin=.venv/bin
failed=

step() { # NAME COMMAND...
    name=$1
    shift
    printf '== %s\n' "$name"
    "$@" || failed="$failed, $name"
}

requirements_are_fresh() {
    "$bin/uv" export --frozen --no-dev --no-header --quiet | diff requirements.txt - >/dev/null || {
        echo "requirements.txt differs from uv.lock: run \`make requirements\`" >&2
        return 1
    }
}

lock_is_fresh() {
    "$bin/uv" lock --check --quiet || {
        echo "uv.lock does not fit pyproject.toml: run \`.venv/bin/uv lock\`" >&2
        return 1
    }
}

step "format" "$bin/ruff" format --check --quiet
step "lint" "$bin/ruff" check --quiet
step "types" "$bin/mypy" --no-error-summary .
step "walls" "$bin/lint-imports" --no-logo
step "lock" lock_is_fresh
step "requirements" requirements_are_fresh
step "schemas" "$bin/python" -m tools.schemas --check

if [ -n "$failed" ]; then
    echo "check failed: ${failed#, }" >&2
    exit 1
fi
echo "check passed"
