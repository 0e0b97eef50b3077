#!/usr/bin/env bash
# plan-root.sh artifacts|topology FOLDER [OPTION OF tofu plan]...: plans a root of $TOPOLOGY $ENVIRONMENT against the state in its bucket.
# FOLDER gets plan.txt, plan.json, changes (true or false) and upload/: what the job that applies it needs. Exit status 3: nothing can be
# planned yet; FOLDER/reason says why. $REGION may name a region, $ROTATE_KEYS may be true.
set -euo pipefail
root=$1
mkdir -p "$2/upload"
out=$(realpath "$2")
shift 2
status=0
options=(--env "$ENVIRONMENT" --root "$root" --out "$out" ${REGION:+"--region=$REGION"})
[ "${ROTATE_KEYS:-}" != true ] || options+=(--rotate-keys)
node scripts/root-inputs.ts "$TOPOLOGY" "${options[@]}" 2>"$out/reason" || status=$?
cat "$out/reason" >&2
[ "$status" = 0 ] || exit "$status"

folder=$(<"$out/folder")
mapfile -t backend <"$out/backend"
mapfile -t arguments <"$out/arguments"
TF_ENCRYPTION=$(<"$out/encryption.hcl")
export TF_ENCRYPTION
tofu -chdir="$folder" init -input=false -no-color "${backend[@]}"
tofu -chdir="$folder" plan -input=false -no-color -detailed-exitcode -out="$out/upload/plan.bin" "${arguments[@]}" "$@" || status=$?
case $status in
  0) echo false >"$out/changes" ;;
  2) echo true >"$out/changes" ;;
  *) exit 1 ;;
esac
tofu -chdir="$folder" show -no-color "$out/upload/plan.bin" >"$out/plan.txt"
tofu -chdir="$folder" show -json "$out/upload/plan.bin" >"$out/plan.json"
# The plan holds for these versions of providers, and the topology's for these very pages.
cp "$folder/.terraform.lock.hcl" "$out/upload/lock.hcl"
cp "$out/keys" "$out/upload/keys"
[ "$root" != topology ] || cp -r web/dist "$out/upload/pages"
