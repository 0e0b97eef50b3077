# shellcheck shell=bash
# What the scripts share. LLM_ROOT is empty on a host; tests point it at a folder.

root="${LLM_ROOT:-}"
# Not under /run/llm: the gateway's container sees that.
state="$root/run/llm-host"
# shellcheck disable=SC2034 # Written by llm-stage, read by llm-engine.
staged="$state/staged"
# shellcheck disable=SC2034 # Written by llm-ready, read by llm-agent.
serving="$state/serving"
# The home is root's, where a SOCI snapshotter looks for logins as well.
export DOCKER_CONFIG="$root/root/.docker"

log() { printf '%s\n' "$*" >&2; }

fail() {
  log "$*"
  exit 1
}

# Units get the variables from systemd; somebody at a shell gets them from here.
if [[ -z "${LLM_NAME:-}" ]]; then
  while IFS='=' read -r name value; do
    [[ "$name" == LLM_* ]] && export "$name=$value"
  done <"$root/etc/llm/host.env"
fi

# retry TRIES SECONDS COMMAND…: the pause doubles. Functions called so must return their failures: set -e is off inside.
retry() {
  local tries="$1" pause="$2" attempt
  shift 2
  for ((attempt = 1; ; attempt++)); do
    "$@" && return 0
    ((attempt < tries)) || break
    log "$1 failed (attempt $attempt of $tries); again in $pause s"
    sleep "$pause"
    pause=$((pause * 2))
  done
  log "$1 failed $tries times"
  return 1
}

metadata() {
  local token service=http://169.254.169.254/latest
  token="$(curl --fail --silent --show-error --max-time 5 --retry 5 --request PUT \
    --header 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$service/api/token")" || return 1
  curl --fail --silent --show-error --max-time 5 --retry 5 \
    --header "X-aws-ec2-metadata-token: $token" "$service/meta-data/$1"
}

instance_id() { metadata instance-id; }

ecr_login() {
  local password
  password="$(aws ecr get-login-password --region "$LLM_REGION")" || return 1
  docker login --username AWS --password-stdin "${1%%/*}" <<<"$password" >/dev/null
}

log_in_and_pull() {
  ecr_login "$1" && docker pull --quiet "$1" >/dev/null
}

# An image that is here already is started without asking the registry: a restart must not need it.
ensure_image() {
  docker image inspect "$1" >/dev/null 2>&1 && return 0
  retry 4 2 log_in_and_pull "$1"
}

ensure_network() {
  docker network inspect llm >/dev/null 2>&1 || docker network create llm >/dev/null || docker network inspect llm >/dev/null
}

# run_container NAME LOG_GROUP LOG_STREAM ARGUMENTS…: starts a container and stays until it ends. Its output goes to CloudWatch by the
# driver, not through this process: it would be in the journal again. Non-blocking: slow logging must not stop answers.
run_container() {
  local name="$1" group="$2" stream="$3" status
  shift 3
  docker rm --force --volumes "$name" >/dev/null 2>&1 || true
  docker create --pull never --name "$name" --log-driver awslogs --log-opt "awslogs-region=$LLM_REGION" --log-opt "awslogs-group=$group" \
    --log-opt "awslogs-stream=$stream" --log-opt mode=non-blocking --log-opt max-buffer-size=8m "$@" >/dev/null
  # Not given up at once: a role that was made a minute ago may not be known everywhere yet, and the gateway's output is its metrics as well.
  if ! retry 4 2 docker start "$name" >/dev/null; then
    # The driver refuses to start a container when CloudWatch cannot be reached; answering without logs beats not answering.
    log "$name did not start with its output going to $group; trying with output kept on this host (docker logs $name)"
    docker rm --force --volumes "$name" >/dev/null 2>&1 || true
    docker create --pull never --name "$name" --log-driver local "$@" >/dev/null
    docker start "$name" >/dev/null
  fi
  log "$name started"
  status="$(docker wait "$name")"
  log "$name ended with status $status"
  return "$status"
}

# Sets what depends on the GPU: gpu_count, dtype, sequences, in_flight, queue. Returns 1 if the driver does not answer.
gpu_profile() {
  local rows first name capability
  rows="$(timeout 20 nvidia-smi --query-gpu=name,compute_cap --format=csv,noheader)" || return 1
  first="${rows%%$'\n'*}"
  name="${first%,*}"
  capability="${first##*, }"
  [[ -n "$name" && "$capability" =~ ^[0-9]+\.[0-9]+$ ]] || return 1
  gpu_count="$(grep --count . <<<"$rows")"
  dtype=bfloat16
  case "$name" in
    *A10G*) sequences=64 in_flight=32 queue=64 ;;
    *L4) sequences=48 in_flight=24 queue=48 ;;
    # A T4, or what nobody has measured: the least.
    *) sequences=16 in_flight=12 queue=24 ;;
  esac
  # Below 8.0 there is no bfloat16.
  if ((${capability%%.*} < 8)); then dtype=half; fi
  log "GPU: $gpu_count x $name, compute capability $capability: $dtype, $sequences sequences, $in_flight in flight, $queue queued"
}
