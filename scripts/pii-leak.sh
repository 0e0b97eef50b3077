#!/usr/bin/env bash
# Runs PyPI's pii-leak-benchmark against a gateway with guardrails, and against one without (the control, which must leak).
# It plays the upstream itself and looks at what the gateway sends it and gives back.
#
#   scripts/pii-leak.sh [folder for reports]
#
# Needs python3. The package is kept in ~/.cache/sluice/pii-leak.
set -uo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
reports=${1:-$(mktemp -d)}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/sluice/pii-leak
port=${PII_LEAK_PORT:-18400}
seed=${PII_LEAK_SEED:-a1b2c3d4e5f60001}
mkdir -p "$reports" "$cache"
if [ ! -x "$cache/venv/bin/pii-leak-benchmark" ]; then
  python3 -m venv "$cache/venv" && "$cache/venv/bin/pip" install --quiet 'pii-leak-benchmark[validate]==0.6.0' || exit 2
fi

# A gateway whose only model is the benchmark's capture. $1: action of the guardrail, or none; $2: port of the capture.
start() {
  local guardrails=''
  if [ "$1" != none ]; then
    # The benchmark's SSNs and phone numbers are ones that nobody can have (areas 900 to 999, exchange 555-01xx), so no validating detector
    # takes them for real: two patterns stand for them.
    guardrails="
guardrails:
  - name: pii
    kind: pii
    mode: both
    detectors:
      - { kind: email, action: $1 }
      - { kind: credit_card, action: $1 }
      - { kind: us_ssn, action: $1 }
      - { kind: phone, action: $1 }
      - { kind: aws_access_key, action: $1 }
      - { kind: api_key, action: $1 }
    patterns:
      - { name: reserved_ssn, pattern: '\\b9[0-9]{2}-[0-9]{2}-[0-9]{4}\\b', action: $1 }
      - { name: fictional_phone, pattern: '\\b[2-9][0-9]{2}-555-01[0-9]{2}\\b', action: $1 }"
  fi
  cat >"$reports/sluice.yaml" <<YAML
server: { port: $port }
logging: { level: warn }
models:
  - name: test
    aliases: [conformance-model, gpt-4o-mini]
    backends: [{ provider: openai, baseUrl: 'http://127.0.0.1:$2/v1' }]$guardrails
YAML
  "$here/bin/sluice.js" serve --config "$reports/sluice.yaml" >"$reports/gateway.log" 2>&1 &
  gateway=$!
  for _ in $(seq 100); do
    if curl -sf -o /dev/null "http://127.0.0.1:$port/health/live" || curl -s -o /dev/null "http://127.0.0.1:$port/health"; then return; fi
    sleep 0.1
  done
  echo "the gateway did not start:" && cat "$reports/gateway.log" && exit 2
}
stop() { kill "$gateway" 2>/dev/null && wait "$gateway" 2>/dev/null; }

failed=0
# $1: what is expected, clean or leak; $2: name; the rest: a command whose status 0 means clean.
check() {
  local expected=$1 name=$2
  shift 2
  "$@" >"$reports/$name.txt" 2>&1
  local status=$? result
  case $status in 0) result=clean ;; 1) result=leak ;; *) result='not measured' ;; esac
  if [ "$expected" = "$result" ]; then echo "ok    $name: $result, as it must be"; else
    echo "WRONG $name: $result (status $status), expected $expected; see $reports/$name.txt" && failed=1
  fi
}
v1() { "$cache/venv/bin/pii-leak-benchmark" selfcheck --target-base-url "http://127.0.0.1:$port/v1" --target-model test --capture-port 18765 "$@"; }
v2() {
  "$cache/venv/bin/pii-leak-benchmark-v2" --validate --out "$reports/$1" --only "$1" --gateway-url "http://127.0.0.1:$port/v1/chat/completions" \
    --upstream-port 18766 --model test --seed "$seed" --exhaustive-splits --partial-emission --json-out "$reports/$1.json" || return 2
  "$cache/venv/bin/python" - "$reports" "$1" <<'PY'
import json, pathlib, sys
folder, name = pathlib.Path(sys.argv[1]), sys.argv[2]
report = json.loads((folder / name / f"{name}.json").read_text())
partial = json.loads((folder / name / f"{name}.partial-emission.json").read_text())
metrics = report["metrics"]
print("outcome", report["outcome"], "metrics", {key: value for key, value in metrics.items() if isinstance(value, (int, float, str))})
print("partial emission", {key: value for key, value in partial.items() if isinstance(value, (int, float, str, dict)) and key in ("metrics", "outcome", "passed")})
sys.exit(0 if report["passed"] and partial.get("passed", True) else 1)
PY
}

start replace 18765 && check clean v1-restore v1 --duty restore && stop
start mask 18765 && check clean v1-anonymize v1 --duty anonymize && stop
start replace 18766 && check clean v2-replace v2 v2-replace && stop
start none 18765 && check leak v1-control v1 --duty restore && stop
start none 18766 && check leak v2-control v2 v2-control && stop
echo "reports: $reports"
exit $failed
