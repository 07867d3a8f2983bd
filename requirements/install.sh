#!/usr/bin/env bash
# Makes the virtual environment ./.venv from one of the hashed locks beside this script.
#   requirements/install.sh run|dev
# uv does it in seconds; where uv cannot be had, pip does the same in minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

lock="requirements/$1.txt"
python="${PYTHON:-python3.11}"
if ! "$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
    echo "error: Python 3.11 is needed; '$python' is not it. Install it, or name it: make PYTHON=/path/to/python3.11" >&2
    exit 2
fi
[ -x .venv/bin/python ] || "$python" -m venv .venv

uv="$(command -v uv || true)"
if [ -z "$uv" ]; then
    if .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt; then
        uv=.venv/bin/uv
    fi
fi
echo "Installing $(grep -c '==' "$lock") locked packages into .venv (3 GB) with ${uv:-pip} ..."
if [ -n "$uv" ]; then
    "$uv" pip install --quiet --python .venv/bin/python --no-deps --require-hashes -r "$lock"
    "$uv" pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
else
    echo "uv cannot be had: pip takes about four minutes."
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r "$lock"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
fi
