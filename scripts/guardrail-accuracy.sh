#!/usr/bin/env bash
# Makes the table of docs/guardrails-accuracy.md: installs Presidio where it is missing, then runs both sides on the same texts.
set -euo pipefail
cd "$(dirname "$0")/.."
venv="$HOME/.cache/sluice/presidio"
if [ ! -x "$venv/bin/python" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet presidio-analyzer==2.2.366
fi
exec npx --no-install node scripts/guardrail-accuracy.ts --seed 20261121 --per-kind 200 --write "$@"
