#!/bin/sh
# Installs from this folder, without a network, and opens the lessons. With words: sh start.sh check lessons/01-*.ipynb
set -eu
cd "$(dirname "$0")"
if [ ! -e .venv/installed ]; then
  rm -rf .venv
  python{python} -m venv .venv 2>/dev/null || python3 -m venv .venv
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-index --find-links wheels "neosantara-magic[lessons]" jupyterlab
  touch .venv/installed  # only a whole installation is not done again
fi
export NEOSANTARA_DEMO="${NEOSANTARA_DEMO-1}"
if [ $# -gt 0 ]; then
  exec .venv/bin/python -m neosantara_magic.cli "$@"
fi
cd lessons
exec ../.venv/bin/python -m jupyterlab
