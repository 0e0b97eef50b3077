import type { StepRunner } from './step-runner.ts';

/** How the programs of a deployment behave. */
export interface Behaviour {
  /** Exit status of scripts/root-inputs.ts, and what it says. */
  inputs?: { status: number; says: string };
  /** Exit status of `tofu plan`: 0 nothing to change, 2 changes, 1 a failure. By root. */
  plan?: Partial<Record<'artifacts' | 'topology', 0 | 1 | 2>>;
  /** Exit status of scripts/plan-report.ts. */
  report?: number;
  /** What scripts/staging-needed.ts names. */
  staging?: string[];
  /** Exit statuses of commands of `sluice`, by name. */
  sluice?: Record<string, number>;
  /** What a command of `sluice` prints. */
  says?: Record<string, string>;
  /** Whether the plan of the topology writes API keys. */
  keys?: 'none' | 'kept' | 'wanted';
  /** Of the topology. */
  outputs?: Record<string, string>;
}

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

const cases = (table: Record<string, string>): string =>
  Object.entries(table)
    .map(([pattern, body]) => `  ${pattern}) ${body} ;;`)
    .join('\n');

const inputsBody = ({ inputs = { status: 0, says: '' }, keys = 'none' }: Behaviour): string => `
while [ $# -gt 0 ]; do case $1 in --out) out=$2; shift ;; --root) root=$2; shift ;; esac; shift; done
printf %s ${quoted(inputs.says)} >&2
[ ${inputs.status} = 0 ] || exit ${inputs.status}
mkdir -p "$out"
echo "infrastructure/$root" >"$out/folder"; mkdir -p "infrastructure/$root"
printf -- '-backend-config=bucket=b\\n-backend-config=key=k\\n' >"$out/backend"
printf -- '-var-file=/e/dev.tfvars\\n-var-file=%s/values.tfvars.json\\n' "$out" >"$out/arguments"
echo "encryption of $root" >"$out/encryption.hcl"
echo ${keys} >"$out/keys"`;

/** Node, OpenTofu and what else a deployment runs, as stand-ins that behave so. */
export async function standInsFor(runner: StepRunner, behaviour: Behaviour = {}): Promise<void> {
  const { plan = {}, report = 0, staging = [], sluice = {}, says = {}, outputs = {} } = behaviour;
  await runner.file('web/dist/index.html', 'page');
  const commands = cases({
    ...Object.fromEntries(
      [...new Set([...Object.keys(sluice), ...Object.keys(says)])].map((name) => [
        name,
        `printf '%s\\n' ${quoted(says[name] ?? '')}; exit ${sluice[name] ?? 0}`,
      ]),
    ),
    '*': 'echo "$2 is done"',
  });
  await runner.standIn(
    'node',
    `case $1 in
  scripts/root-inputs.ts) ${inputsBody(behaviour)} ;;
  scripts/plan-report.ts) echo "report of $2"; exit ${report} ;;
  scripts/staging-needed.ts) printf '%s' ${quoted(staging.map((part) => `${part}\n`).join(''))} ;;
  bin/sluice.js) case $2 in
${commands}
  esac ;;
esac`,
  );
  const found = JSON.stringify(Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, { value }])));
  await runner.standIn(
    'tofu',
    `folder=\${1#-chdir=}
echo "tofu knows: $TF_ENCRYPTION; keys: \${TF_VAR_api_keys-none}" >>"${runner.root}/environment"
case $2 in
  init) [ -f "$folder/.terraform.lock.hcl" ] || echo "new lock of $folder" >"$folder/.terraform.lock.hcl" ;;
  plan) for argument in "$@"; do case $argument in -out=*) echo "plan of $folder" >"\${argument#-out=}" ;; esac; done
    case $folder in
${cases(Object.fromEntries(Object.entries(plan).map(([root, status]) => [`infrastructure/${root}`, `exit ${status}`])))}
    esac ;;
  show) echo "shown: $*" ;;
  output) echo ${quoted(found)} ;;
esac`,
  );
}
