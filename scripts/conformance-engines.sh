#!/bin/sh
# Makes what `npm run test:conformance` needs besides npm packages, in the user's cache folder:
#   openai             the official Python client                       (about 20 seconds)
#   litellm            LiteLLM's own client for its proxy               (about 30 seconds)
#   llama-cpp-python   an OpenAI-shaped server that we did not write    (compiles llama.cpp: about 5 minutes on 2 cores)
# Run it as often as you like: what is complete is left alone, what was interrupted is made anew.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
cache="${XDG_CACHE_HOME:-$HOME/.cache}/sluice/conformance"
python="${PYTHON:-python3}"

fail() {
  echo "conformance-engines: $*" >&2
  exit 1
}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || fail "needs Python 3.11 or newer; install it, or set PYTHON"
"$python" -c 'import venv, ensurepip' 2>/dev/null || fail "needs Python's venv module (on Debian: apt-get install python3-venv)"

mkdir -p "$cache"
# Two runs at once would build in the same folder; where flock is missing (macOS) the user has to take care.
if command -v flock >/dev/null; then
  exec 9>"$cache/.lock"
  flock -n 9 || {
    echo "conformance-engines: another run is at work; waiting for it"
    flock 9
  }
fi

# make_venv NAME MINUTES: a virtual environment with test/conformance/python/NAME.requirements.txt.
# The marker is a copy of the requirements and is written last: without it, or with another one, the folder counts as rubbish.
make_venv() {
  requirements="$here/test/conformance/python/$1.requirements.txt"
  folder="$cache/$1"
  marker="$folder/complete"
  if cmp -s "$requirements" "$marker"; then
    echo "conformance-engines: $1 is there ($folder)"
    return
  fi
  echo "conformance-engines: installing $1 into $folder (takes $2)"
  started=$(date +%s)
  rm -rf "$folder"
  "$python" -m venv "$folder"
  nice -n 19 "$folder/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements" ||
    fail "pip could not install $1; its message stands above"
  cp "$requirements" "$marker.new"
  mv "$marker.new" "$marker"
  echo "conformance-engines: $1 is ready after $(($(date +%s) - started)) s"
}

make_venv openai "about 20 seconds"
make_venv litellm "about 30 seconds"

cmp -s "$here/test/conformance/python/llama-cpp-python.requirements.txt" "$cache/llama-cpp-python/complete" ||
  command -v c++ >/dev/null || command -v g++ >/dev/null || command -v clang++ >/dev/null ||
  fail "llama-cpp-python is compiled: needs a C++ compiler (on Debian: apt-get install g++)"
# Not for this machine's processor alone: CI may share the cache between machines. Pictures are not tested, so not built.
CMAKE_ARGS="${CMAKE_ARGS:--DGGML_NATIVE=OFF -DLLAVA_BUILD=OFF}" make_venv llama-cpp-python "about 5 minutes; it compiles llama.cpp"
