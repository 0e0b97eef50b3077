#!/usr/bin/env bash
# apply-root.sh artifacts|topology FOLDER: applies the plan that plan-root.sh left in FOLDER (its upload/), and no other. Outputs go to
# $RUNNER_TEMP/outputs.json. $KEYS: the gateway's keys file with hashes, needed where the plan writes it. $REGION may name a region.
set -euo pipefail
root=$1
approved=$(realpath "$2")
inputs=$(mktemp -d)
node scripts/root-inputs.ts "$TOPOLOGY" --env "$ENVIRONMENT" --root "$root" --out "$inputs" ${REGION:+"--region=$REGION"}
folder=$(<"$inputs/folder")
mapfile -t backend <"$inputs/backend"
TF_ENCRYPTION=$(<"$inputs/encryption.hcl")
export TF_ENCRYPTION

if [ "$(<"$approved/keys")" = wanted ]; then
  if [ -z "${KEYS:-}" ]; then
    echo "::error::$ENVIRONMENT asks for API keys: give the GitHub environment $ENVIRONMENT the secret SLUICE_KEYS (docs/deploy/github.md)"
    exit 1
  fi
  export TF_VAR_api_keys=$KEYS
fi
cp "$approved/lock.hcl" "$folder/.terraform.lock.hcl"
if [ -d "$approved/pages" ]; then
  rm -rf web/dist
  cp -r "$approved/pages" web/dist
fi
tofu -chdir="$folder" init -input=false -no-color -lockfile=readonly "${backend[@]}"
tofu -chdir="$folder" apply -input=false -no-color -lock-timeout=5m -parallelism=20 "$approved/plan.bin"
tofu -chdir="$folder" output -json >"$RUNNER_TEMP/outputs.json"
