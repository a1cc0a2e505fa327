#!/bin/sh
# Installs from this folder, without a network, and opens the lessons. With words: sh start.sh check lessons/01-*.ipynb
set -eu
cd "$(dirname "$0")"
if [ ! -x .venv/bin/neosantara-magic ]; then
  rm -rf .venv
  python3 -m venv .venv
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-index --find-links wheels "neosantara-magic[lessons]" jupyterlab
fi
export NEOSANTARA_DEMO="${NEOSANTARA_DEMO-1}"
if [ $# -gt 0 ]; then
  exec .venv/bin/neosantara-magic "$@"
fi
cd lessons
exec ../.venv/bin/python -m jupyterlab
