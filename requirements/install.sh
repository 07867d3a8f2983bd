#!/usr/bin/env bash
# Makes a virtual environment from one of the hashed locks beside this script: ./.venv, which has this
# project too, or ./.venv-airflow3 and ./.venv-docs, which have Airflow 3 and MkDocs alone.
#   requirements/install.sh run|dev|airflow3|docs
# uv does it in seconds; where uv cannot be had, pip does the same in minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

lock="requirements/$1.txt"
venv=.venv
case "$1" in airflow3 | docs) venv=".venv-$1" ;; esac
if [ "$venv" = .venv ] && [ "$(uname -sm)" != "Linux x86_64" ]; then
    echo "error: TFX has wheels for Linux on x86-64 alone, and this is $(uname -sm). Use the container that README.md names" >&2
    exit 2
fi
python="${PYTHON:-python3.11}"
if ! "$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
    echo "error: Python 3.11 is needed; '$python' is not it. Install it, or name it: make PYTHON=/path/to/python3.11" >&2
    exit 2
fi
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"

uv="$(command -v uv || true)"
if [ -z "$uv" ]; then
    if "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt; then
        uv="$venv/bin/uv"
    fi
fi
echo "Installing $(grep -c '==' "$lock") locked packages into $venv with ${uv:-pip} ..."
if [ -n "$uv" ]; then
    "$uv" pip install --quiet --python "$venv/bin/python" --no-deps --require-hashes -r "$lock"
    [ "$venv" != .venv ] || "$uv" pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
else
    echo "uv cannot be had: pip takes about four minutes."
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r "$lock"
    [ "$venv" != .venv ] || .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
fi
