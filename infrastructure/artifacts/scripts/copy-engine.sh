#!/usr/bin/env bash
# Copies the engine's image into this account's repository, blob by blob from registry to registry: nothing is unpacked, so its digest stays, and
# no disk has to hold its 10 GB or more. `docker pull` and `push` would pack the layers anew, under another digest.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"
require ENGINE_SOURCE ENGINE_TAG REPOSITORY REGISTRY BUCKET
wanted=${ENGINE_SOURCE#*@}
[[ $wanted =~ ^sha256:[0-9a-f]{64}$ ]] || give_up "ENGINE_SOURCE=$ENGINE_SOURCE names no digest"

sources=("$ENGINE_SOURCE")
# Docker Hub counts by address, and the addresses of builds are shared with everybody's: what it gives to anyone is often used up. Google keeps copies
# of what is asked for often; the digest says that they are the same bytes.
[[ $ENGINE_SOURCE != docker.io/* ]] || sources+=("mirror.gcr.io/${ENGINE_SOURCE#docker.io/}")

copy() {
  local options=() help source
  # Without it a newer buildx wraps an image for one architecture in an index, which has another digest.
  help=$(docker buildx imagetools create --help) || return 1
  if [[ $help == *--prefer-index* ]]; then options=(--prefer-index=false); fi
  for source in "${sources[@]}"; do
    say "copying $source"
    docker buildx imagetools create "${options[@]}" --tag "$REGISTRY/$REPOSITORY:$ENGINE_TAG" "$source" && return 0
  done
  return 1
}

# buildx sends each layer in one request, which some registries refuse for layers of several GB; skopeo sends them in parts.
copy_in_parts() {
  local source
  command -v skopeo >/dev/null || { apt-get update -q && apt-get install -y -q --no-install-recommends skopeo; } >/dev/null || return 1
  for source in "${sources[@]}"; do
    say "copying $source in parts"
    skopeo --insecure-policy copy --all --quiet --authfile "${DOCKER_CONFIG:-$HOME/.docker}/config.json" "docker://$source" "docker://$REGISTRY/$REPOSITORY:$ENGINE_TAG" && return 0
  done
  return 1
}

present=$(digest_of "$ENGINE_TAG") || give_up "cannot look into $REPOSITORY"
if [ "$present" = "$wanted" ]; then
  say "$REPOSITORY has it already"
else
  # Tags cannot be moved there, so what lies under it stays until somebody takes it away.
  [ -z "$present" ] || give_up "$REPOSITORY:$ENGINE_TAG is $present, not $wanted; choose another tag, or delete that image"
  log_in
  attempts 3 copy || copy_in_parts || give_up "cannot copy $ENGINE_SOURCE. If its registry refuses with 429 (too many requests), try later or name a mirror in engine.repository"
  present=$(digest_of "$ENGINE_TAG") || give_up "cannot look into $REPOSITORY"
  [ "$present" = "$wanted" ] || give_up "the copy is ${present:-not there}, not $wanted; it is not used"
fi
# Hosts pull in parallel from plain layers; an index for lazy loading would be another image with another digest.
say "no SOCI index is made: hosts use SOCI's parallel pull, which needs none"
staged engine "$(jq -n --arg image "$REGISTRY/$REPOSITORY@$wanted" --arg source "$ENGINE_SOURCE" '{image: $image, source: $source}')"
