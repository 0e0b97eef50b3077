# shellcheck shell=bash
# What the builds share. Read by the others, not run.

say() { echo "$(basename "$0" .sh): $*"; }

give_up() {
  say "FAILED: $*" >&2
  exit 1
}

require() { # require NAME...: each variable must be set and not empty
  local name
  for name in "$@"; do
    [ -n "${!name:-}" ] || give_up "the variable $name is empty"
  done
}

attempts() { # attempts COUNT COMMAND...: until it succeeds; pauses grow from 5 s
  local count=$1 pause=${RETRY_PAUSE_SECONDS:-5} number
  shift
  for ((number = 1; ; number++)); do
    "$@" && return 0
    [ "$number" -lt "$count" ] || return 1
    say "attempt $number of $count failed; again in $pause s" >&2
    sleep "$pause"
    pause=$((pause * 2))
  done
}

log_in() { # to this account's registry
  local password
  # Not piped: bash would hand on docker's status only, and an empty password reads like a wrong one.
  password=$(aws ecr get-login-password) || give_up "no login for $REGISTRY"
  docker login --username AWS --password-stdin "$REGISTRY" <<<"$password" >/dev/null || give_up "$REGISTRY refused the login"
}

digest_of() { # digest_of TAG: what this account's repository has under it; nothing when there is no such tag
  local output
  if output=$(aws ecr describe-images --repository-name "$REPOSITORY" --image-ids "imageTag=$1" \
    --query 'imageDetails[0].imageDigest' --output text 2>&1); then
    echo "$output"
  elif [[ $output != *ImageNotFoundException* ]]; then
    say "$output" >&2
    return 1
  fi
}

staged() { # staged NAME JSON: tells the deployment what there is now
  local file
  file=$(mktemp)
  jq --arg at "$(date -u +%Y-%m-%dT%H:%M:%SZ)" '. + {staged_at: $at}' <<<"$2" >"$file"
  aws s3 cp --only-show-errors --content-type application/json "$file" "s3://$BUCKET/staged/$1.json" || give_up "cannot write staged/$1.json"
  say "staged: $(jq -c . "$file")"
}
