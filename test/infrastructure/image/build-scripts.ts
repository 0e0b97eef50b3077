import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../../infrastructure/artifacts/scripts/', import.meta.url));

/** How a script ended. */
export interface Outcome {
  code: number | null;
  output: string;
}

/**
 * The scripts of the builds, with stand-ins for the programs that reach AWS and registries. A bucket is a folder; a repository is a file for each
 * tag with the digest under it; `calls` has each command line of a stand-in.
 */
export class BuildScripts {
  readonly folder = mkdtempSync(join(tmpdir(), 'sluice-stage-'));

  constructor() {
    for (const name of ['programs', 'bucket', 'repository', 'work', 'failures', 'tmp']) mkdirSync(join(this.folder, name));
    this.#program('aws', aws);
    this.#program('docker', docker);
    this.#program('skopeo', skopeo);
  }

  /** Command lines of stand-ins in order. */
  get calls(): string[] {
    const path = join(this.folder, 'calls');
    return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
  }

  /** Text of an object; null: there is none. */
  object(key: string): string | null {
    const path = join(this.folder, 'bucket', key);
    return existsSync(path) ? readFileSync(path, 'utf8') : null;
  }

  putObject(key: string, text: string): void {
    const path = join(this.folder, 'bucket', key);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  /** What lies under a tag of the repository. */
  tag(name: string): string | null {
    const path = join(this.folder, 'repository', name);
    return existsSync(path) ? readFileSync(path, 'utf8') : null;
  }

  putTag(name: string, digest: string): void {
    writeFileSync(join(this.folder, 'repository', name), digest);
  }

  /** Command lines that contain this text fail `times` times. */
  failOn(text: string, times: number): void {
    const name = `${Buffer.from(text).toString('hex')}`;
    writeFileSync(join(this.folder, 'failures', name), String(times));
  }

  /** Each push finds that another build was first: the tag is there, under another digest, and is refused. */
  pushedMeanwhile(): void {
    writeFileSync(join(this.folder, 'pushed-meanwhile'), '');
  }

  /** A file where the script runs, as the source of a build. */
  putSource(name: string, text: string): void {
    writeFileSync(join(this.folder, 'work', name), text);
  }

  async run(script: string, environment: Record<string, string>): Promise<Outcome> {
    const { PATH = '' } = process.env;
    const child = spawn('bash', [join(folder, script)], {
      cwd: join(this.folder, 'work'),
      env: {
        PATH: `${join(this.folder, 'programs')}:${PATH}`,
        HOME: join(this.folder, 'tmp'),
        TMPDIR: join(this.folder, 'tmp'),
        STAND_INS: this.folder,
        RETRY_PAUSE_SECONDS: '0',
        BUCKET: 'bucket',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { code, output };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #program(name: string, script: string): void {
    const path = join(this.folder, 'programs', name);
    writeFileSync(path, `#!/usr/bin/env bash\n${begin}${script}`);
    chmodSync(path, 0o755);
  }
}

/** Writes the call down, and fails where a test asked for it. */
const begin = String.raw`set -euo pipefail
line="$(basename "$0") $*"
printf '%s\n' "$line" >>"$STAND_INS/calls"
for failure in "$STAND_INS"/failures/*; do
  [ -e "$failure" ] || continue
  text=$(basename "$failure" | sed 's/../\\x&/g')
  [[ $line == *"$(printf "$text")"* ]] || continue
  left=$(<"$failure")
  [ "$left" -gt 0 ] || continue
  echo $((left - 1)) >"$failure"
  echo "refused: $line" >&2
  exit 1
done
local_path() { case $1 in s3://*) echo "$STAND_INS/${'$'}{1#s3://}" ;; *) echo "$1" ;; esac; }
`;

const aws = String.raw`
case "$1 $2" in
  "s3 cp" | "s3 sync")
    kind=$2; shift 2; paths=(); excluded=""
    while [ $# -gt 0 ]; do
      case $1 in
        --only-show-errors) ;;
        --content-type) shift ;;
        --exclude) shift; excluded=$1 ;;
        *) paths+=("$(local_path "$1")") ;;
      esac
      shift
    done
    if [ "$kind" = sync ]; then
      (cd "${'$'}{paths[0]}" && find . -type f ! -name "$excluded") | while read -r file; do
        mkdir -p "$(dirname "${'$'}{paths[1]}/$file")"; cp "${'$'}{paths[0]}/$file" "${'$'}{paths[1]}/$file"
      done
    else mkdir -p "$(dirname "${'$'}{paths[1]}")"; cp "${'$'}{paths[0]}" "${'$'}{paths[1]}"; fi ;;
  "s3api list-objects-v2")
    prefix=$(sed 's/.*--prefix \([^ ]*\).*/\1/' <<<"$*")
    cd "$STAND_INS/bucket"; find "$prefix" -type f -printf '%p\t%s\n' ;;
  "ecr get-login-password") echo the-password ;;
  "ecr describe-images")
    tag=$(sed 's/.*imageTag=\([^ ]*\).*/\1/' <<<"$*")
    if [ -e "$STAND_INS/repository/$tag" ]; then cat "$STAND_INS/repository/$tag"
    else echo "An error occurred (ImageNotFoundException) when calling the DescribeImages operation" >&2; exit 254; fi ;;
  *) echo "unknown: $line" >&2; exit 2 ;;
esac
`;

/** Copies whole indexes under their digest. */
const skopeo = String.raw`
[[ "$*" == "--insecure-policy copy --all --quiet --authfile "* ]]
target=${'$'}{*: -1}; source=${'$'}{*: -2:1}
echo -n "${'$'}{source#*@}" >"$STAND_INS/repository/${'$'}{target##*:}"
`;

/** Pushes keep the digest that a copy has; builds get one from their architecture. */
const docker = String.raw`
put() {
  echo -n "$2" >"$STAND_INS/repository/${'$'}{1##*:}"
  [ ! -e "$STAND_INS/pushed-meanwhile" ] || { echo "tag invalid: it already exists and is immutable" >&2; exit 1; }
}
case "$*" in
  login*) [ "$(cat)" = the-password ] ;;
  "buildx imagetools create --help") echo "      --prefer-index    When only a single source is specified, prefer outputting an image index" ;;
  "buildx imagetools inspect"*) echo '{"mediaType":"application/vnd.oci.image.index.v1+json","digest":"sha256:'"$(printf 'b%.0s' {1..64})"'","size":1}' ;;
  "buildx imagetools create"*)
    tag=$(sed 's/.*--tag \([^ ]*\).*/\1/' <<<"$*"); source=${'$'}{*: -1}
    if [[ $source == *@* ]]; then put "$tag" "${'$'}{WRONG_DIGEST:-${'$'}{source#*@}}"; else put "$tag" "sha256:$(printf 'c%.0s' {1..64})"; fi ;;
  "buildx build"*) ;;
  push*) put "${'$'}{*: -1}" "sha256:$(sha256sum <<<"$*" | cut -d' ' -f1)" ;;
  *) echo "unknown: $line" >&2; exit 2 ;;
esac
`;
