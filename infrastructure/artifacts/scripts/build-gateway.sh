#!/usr/bin/env bash
# Builds the gateway's image for amd64 and arm64 from the checkout in this folder and pushes both, then the index of them, under the revision of
# the sources. No emulator and no other builder: the Dockerfile runs programs in stages of the builder's own architecture only. Tags that are
# there are kept, so a build that broke off goes on where it was.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"
require SOURCE_REVISION SOURCE_LABEL NODE_IMAGE REPOSITORY REGISTRY BUCKET
[[ $SOURCE_REVISION =~ ^[0-9a-f]{40}$ ]] || give_up "SOURCE_REVISION=$SOURCE_REVISION is not 40 hex digits: give it when you start the build"
[[ $SOURCE_LABEL =~ ^[0-9A-Za-z][0-9A-Za-z.+-]{0,63}$ ]] || give_up "SOURCE_LABEL=$SOURCE_LABEL is no version"
[ -f Dockerfile ] || give_up "there is no Dockerfile: the archive must have the checkout at its top"
image=$REGISTRY/$REPOSITORY

base_digest() { # of the base image, once, so that both architectures get the same release of it
  [ -z "${NODE_DIGEST:-}" ] || { echo "$NODE_DIGEST"; return; }
  docker buildx imagetools inspect "$NODE_IMAGE" --format '{{json .Manifest}}' | jq -er .digest
}

push() { # push TAG COMMAND...: somebody else's build of the same sources may have been first, and a tag that is there cannot be pushed again
  local tag=$1 present
  shift
  attempts 3 "$@" && return 0
  present=$(digest_of "$tag") && [ -n "$present" ] && say "$tag has come from another build meanwhile"
}

build() { # build ARCHITECTURE
  local tag=$SOURCE_REVISION-$1 present
  present=$(digest_of "$tag") || give_up "cannot look into $REPOSITORY"
  if [ -n "$present" ]; then
    say "$1 is there already"
    return
  fi
  # Again if it fails: registries answer with 429 now and then, and what was built is kept.
  attempts 3 docker buildx build --platform "linux/$1" --provenance=false --load --tag "$image:$tag" \
    --build-arg "NODE_IMAGE=$NODE_IMAGE" --build-arg "NODE_DIGEST=$digest" \
    --build-arg "VERSION=$SOURCE_LABEL" --build-arg "REVISION=$SOURCE_REVISION" . || give_up "the image for $1 does not build"
  push "$tag" docker push --quiet "$image:$tag" || give_up "cannot push $tag"
}

result() { # result DIGEST
  staged gateway "$(jq -n --arg image "$image@$1" --arg source "$SOURCE_REVISION" --arg base "${base:-}" \
    '{image: $image, source: $source} + (if $base == "" then {} else {base: $base} end)')"
}

present=$(digest_of "$SOURCE_REVISION") || give_up "cannot look into $REPOSITORY"
if [ -n "$present" ]; then
  say "$REPOSITORY has this revision already"
  result "$present"
  exit 0
fi

log_in
digest=$(attempts 3 base_digest) || give_up "cannot look up $NODE_IMAGE"
[[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || give_up "$digest is no digest of $NODE_IMAGE"
base=$NODE_IMAGE@$digest
say "base image: $base"
build amd64
build arm64
push "$SOURCE_REVISION" docker buildx imagetools create --tag "$image:$SOURCE_REVISION" \
  "$image:$SOURCE_REVISION-amd64" "$image:$SOURCE_REVISION-arm64" || give_up "cannot push the index"
present=$(digest_of "$SOURCE_REVISION") || give_up "cannot look into $REPOSITORY"
[ -n "$present" ] || give_up "the index was pushed but is not there"
result "$present"
