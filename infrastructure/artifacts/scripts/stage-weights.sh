#!/usr/bin/env bash
# Brings one commit of a model from the hub into the bucket. The list of the hub says what each file must be: the SHA-256 of large ones, git's
# SHA-1 of small ones. manifest.sha256 goes up last, so a folder that has it is whole. When it is there already and says the same, nothing large
# is fetched.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"
require HUB_URL MODEL_NAME MODEL_REVISION WEIGHTS_KEY BUCKET
[[ $MODEL_REVISION =~ ^[0-9a-f]{40}$ ]] || give_up "MODEL_REVISION=$MODEL_REVISION is no commit"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
files=$work/files
mkdir "$files"
target=s3://$BUCKET/$WEIGHTS_KEY

fetch() { # fetch URL FILE: whole or not at all; goes on where an attempt broke off
  attempts 5 curl --fail --silent --show-error --location --continue-at - --connect-timeout 20 --speed-limit 10000 --speed-time 60 \
    --output "$2" "$1" || return 1
}

is_like_list() { # is_like_list FILE SIZE SHA1 SHA256: what the hub says of it holds
  [ "$(stat -c %s "$1")" = "$2" ] || return 1
  if [ -n "$4" ]; then
    [ "$(sha256sum <"$1" | cut -d' ' -f1)" = "$4" ]
  else
    # git's name of a file's content: the hash of a header and the content.
    [ "$({ printf 'blob %s\0' "$2"; cat "$1"; } | sha1sum | cut -d' ' -f1)" = "$3" ]
  fi
}

bring() { # bring PATH SIZE SHA1 SHA256
  local file=$files/$1
  mkdir -p "$(dirname "$file")"
  fetch "$HUB_URL/$MODEL_NAME/resolve/$MODEL_REVISION/$1" "$file" || give_up "cannot fetch $1 of $MODEL_NAME at $MODEL_REVISION"
  is_like_list "$file" "$2" "$3" "$4" || give_up "$1 is not what the hub's list says (size or hash); nothing was staged"
}

say "$MODEL_NAME at $MODEL_REVISION"
fetch "$HUB_URL/api/models/$MODEL_NAME/tree/$MODEL_REVISION?recursive=true" "$work/tree.json" ||
  give_up "the hub has no list of $MODEL_NAME at $MODEL_REVISION; is the commit right, and may anyone read the model?"

# What an engine reads. Not the weights in other formats, and no program: the engine knows the architecture itself.
jq -r '.[] | select(.type == "file") | select(.path | test("(^|/)[^/]+\\.(safetensors|json|model|tiktoken|jinja)$|^(merges|vocab|added_tokens)\\.txt$|^LICENSE"))
  | select(.path | test("^(original|onnx|openvino)/") | not)
  | [.path, (.size | tostring), (.oid // ""), ((.lfs.oid // "") | ltrimstr("sha256:"))] | @tsv' "$work/tree.json" | LC_ALL=C sort >"$work/list" ||
  give_up "the hub's list cannot be read"
grep -q $'^[^\t]*\\.safetensors\t' "$work/list" || give_up "$MODEL_NAME has no weights in the safetensors format at $MODEL_REVISION"
grep -q $'^config\\.json\t' "$work/list" || give_up "$MODEL_NAME has no config.json at $MODEL_REVISION"
# Not grep -q, which would end before cut has written everything: cut's failure then counts for both, and reads as if nothing was found.
if cut -f1 "$work/list" | grep -E '(^|/)\.\.?(/|$)|^/|[[:cntrl:]\\]' >/dev/null; then give_up "the hub's list has a path that leads elsewhere"; fi
bytes=$(awk -F'\t' '{ sum += $2 } END { printf "%d", sum }' "$work/list")
say "$(wc -l <"$work/list") files, $((bytes / 1000000)) MB"

# Small files first: with them, and the hub's hashes of the large ones, the manifest is known before anything large is fetched.
while IFS=$'\t' read -r path size sha1 sha256; do
  [ -n "$sha256" ] || bring "$path" "$size" "$sha1" ""
done <"$work/list"
while IFS=$'\t' read -r path _ _ sha256; do
  [ -n "$sha256" ] || sha256=$(sha256sum <"$files/$path" | cut -d' ' -f1)
  printf '%s  %s\n' "$sha256" "$path"
done <"$work/list" >"$work/manifest.sha256"
manifest=$(sha256sum <"$work/manifest.sha256" | cut -d' ' -f1)
result=$(jq -n --arg key "$WEIGHTS_KEY" --arg sha256 "$manifest" --argjson size_bytes "$bytes" '{key: $key, sha256: $sha256, size_bytes: $size_bytes}')

is_there() { # the bucket has the same manifest, and every file in its size
  aws s3 cp --only-show-errors "$target/manifest.sha256" "$work/there" 2>/dev/null || return 1
  cmp -s "$work/there" "$work/manifest.sha256" || return 1
  aws s3api list-objects-v2 --bucket "$BUCKET" --prefix "$WEIGHTS_KEY/" --query 'Contents[].[Key,Size]' --output text |
    sed "s|^$WEIGHTS_KEY/||" | grep -v $'^manifest\\.sha256\t' | LC_ALL=C sort | cmp -s - <(cut -f1,2 "$work/list" | LC_ALL=C sort)
}

if is_there; then
  say "the bucket has them already"
  staged weights "$result"
  exit 0
fi

while IFS=$'\t' read -r path size sha1 sha256; do
  [ -z "$sha256" ] || bring "$path" "$size" "$sha1" "$sha256"
done <"$work/list"
(cd "$files" && sha256sum --check --quiet --strict "$work/manifest.sha256") || give_up "a file has changed on this disk; nothing was staged"

aws s3 sync --only-show-errors --exclude manifest.sha256 "$files" "$target" || give_up "cannot write to $target"
aws s3 cp --only-show-errors "$work/manifest.sha256" "$target/manifest.sha256" || give_up "cannot write $target/manifest.sha256"
say "$target is whole"
staged weights "$result"
