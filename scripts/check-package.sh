#!/usr/bin/env bash
# The published package: packed, installed elsewhere without development dependencies, run from dist.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
server=""
trap '[ -z "$server" ] || kill $server 2>/dev/null || true; rm -rf "$folder"' EXIT
npm pack --silent --pack-destination "$folder" >/dev/null
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund ./sluice-*.tgz
echo "check-package: version $(npx --no-install sluice --version)"
npx --no-install sluice config check
npx --no-install sluice config schema >"$folder/schema.json"
grep -q '"properties"' "$folder/schema.json"
if curl -s http://localhost:18001/ >/dev/null; then
  echo "check-package: port 18001 is taken by another program"
  exit 1
fi
SLUICE_DATA=$folder/data npx --no-install sluice serve --model sluice-demo --port 18001 >"$folder/log" 2>&1 &
server=$!
for _ in $(seq 100); do
  curl -sf http://localhost:18001/health >/dev/null && break
  sleep 0.2
done
curl -s http://localhost:18001/v1/completions -d '{"model":"phi-3-mini","prompt":"hello","temperature":0}' | grep -q '"model":"sluice-demo"' || {
  cat "$folder/log"
  exit 1
}
curl -sf http://localhost:18001/ >"$folder/page.html"
grep -q '<script' "$folder/page.html"
echo "check-package: good"
