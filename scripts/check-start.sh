#!/usr/bin/env bash
# The main job, as a user does it: npm start in a fresh data folder, the README's request, an answer from a real model, a clean stop.
set -euo pipefail
cd "$(dirname "$0")/.."
port=18000
data=$(mktemp -d)
log=$data/log
say() { echo "check-start: $*"; }
give_up() {
  say "$*"
  cat "$log"
  exit 1
}

if curl -s "http://localhost:$port/" >/dev/null; then
  say "port $port is taken by another program"
  exit 1
fi
SLUICE_DATA=$data npm start --silent -- --port $port >"$log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null || true; rm -rf "$data"' EXIT

for _ in $(seq 100); do
  curl -sf "http://localhost:$port/health/liveliness" >/dev/null && break
  sleep 0.1
done
curl -sf "http://localhost:$port/health/liveliness" >/dev/null || give_up "it does not listen"
say "listens; waiting for the model"
for _ in $(seq 240); do
  curl -sf "http://localhost:$port/health" >/dev/null && break
  sleep 0.5
done
health=$(curl -s "http://localhost:$port/health")
say "health: $health"
grep -q '"status":"healthy"' <<<"$health" || give_up "the model is not there"
grep -q 'sluice-demo' <<<"$health" && give_up "this is the demo, not a real model"

answer=$(curl -s "http://localhost:$port/v1/completions" -d '{"model":"phi-3-mini","prompt":"What is the largest ocean on Earth?","max_tokens":30,"temperature":0}')
say "answer: $answer"
grep -q Pacific <<<"$answer" || give_up "the answer does not name the Pacific"
grep -q '<script' <<<"$(curl -sf "http://localhost:$port/")" || give_up "there is no playground at /"

kill -TERM $server
wait $server && status=0 || status=$?
[ "$status" -eq 0 ] || [ "$status" -eq 143 ] || give_up "stopped with status $status"
for _ in $(seq 50); do
  curl -s "http://localhost:$port/" >/dev/null || break
  sleep 0.1
done
curl -s "http://localhost:$port/" >/dev/null && give_up "the gateway is still there after npm has ended"
say "good"
