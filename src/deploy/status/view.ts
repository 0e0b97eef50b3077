import colors from 'picocolors';
import { textOutput } from '../state-outputs.ts';
import type { Target } from '../target.ts';
import { wrap } from '../wrap.ts';
import type { HealthStatus } from './api.ts';
import type { GroupStatus, HostStatus } from './fleet.ts';
import { isDeployed, type DeploymentStatus } from './status.ts';

const indent = ' '.repeat(10);
const shownActivities = 4;

/** A deployment on one screen, `width` columns wide. */
export function viewStatus(status: DeploymentStatus, target: Target, width: number): string {
  const line = (name: string, text: string) => `${name.padEnd(8)}  ${wrap(text, width - indent.length).join(`\n${indent}`)}\n`;
  const { api, health, fleet, standby, outputs, problems } = status;
  const parts = [`${target.topology} ${target.environment} in ${target.region}\n\n`];
  if (!isDeployed(status) && problems.length === 0) {
    parts.push(`nothing is deployed: sluice deploy ${target.topology} --env ${target.environment}\n`);
    return parts.join('');
  }
  if (health !== null) parts.push(line('health', healthWords(health)));
  if (api !== null)
    parts.push(
      line('api', `${api.endpoint}${api.stage === null ? colors.red(', its stage is missing') : ''}`),
      linkLine(api, line),
    );
  for (const [name, output] of [
    ['demo', 'demo_url'],
    ['metrics', 'dashboard_url'],
  ] as const) {
    const url = textOutput(outputs, output);
    if (url !== undefined) parts.push(`${name.padEnd(8)}  ${url}\n`);
  }
  if (outputs === null && problems.length === 0)
    parts.push(line('state', `there is none at ${target.stateKey}: what follows was found by its names`));
  if (fleet !== null) parts.push(viewGroup('fleet', fleet), viewActivities(fleet, width));
  if (standby !== null) parts.push(viewGroup('standby', standby));
  for (const problem of problems) parts.push(line(colors.yellow('unknown '), problem));
  return parts.join('');
}

function healthWords({ status, elapsedMs, told }: HealthStatus): string {
  const answer = status === 0 ? 'no answer' : String(status);
  const paint = status === 200 ? colors.green : colors.red;
  return `${paint(answer)}${told === '' ? '' : ` ${told}`}, after ${elapsedMs} ms`;
}

type Line = (name: string, text: string) => string;

function linkLine({ link }: NonNullable<DeploymentStatus['api']>, line: Line): string {
  if (link === null) return line('link', colors.red('there is no VPC link: deploy again'));
  if (link.status === 'AVAILABLE') return line('link', link.status);
  const hint =
    link.status === 'INACTIVE'
      ? 'it had no traffic for 60 days; the next request wakes it, and requests fail for some minutes until then'
      : link.message;
  return line('link', `${colors.yellow(link.status)}${hint === '' ? '' : `: ${hint}`}`);
}

function viewGroup(name: string, group: GroupStatus): string {
  const paint = group.inService < group.desired ? colors.yellow : colors.green;
  const head = `${name.padEnd(8)}  ${paint(`${group.inService} of ${group.desired} in service`)}, ${group.min} to ${group.max}\n`;
  const rows = group.hosts.map((host) => [host.id, host.type, host.zone, host.lifecycle, targetWords(name, host)]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return (
    head +
    rows
      .map(
        (row) =>
          `${indent}${row
            .map((cell, column) => cell.padEnd(widths[column] ?? 0))
            .join('  ')
            .trimEnd()}\n`,
      )
      .join('')
  );
}

function targetWords(group: string, { target, reason }: HostStatus): string {
  if (target === null) return 'not registered';
  // It answers while no GPU host can, and must never be chosen while one can.
  if (group === 'standby' && target === 'unhealthy') return 'unhealthy, as it should be';
  return reason === null || target === 'healthy' ? target : `${target}: ${reason}`;
}

/** The last few, and the last failure even if it is older. */
function viewActivities({ activities }: GroupStatus, width: number): string {
  const isBad = ({ status }: GroupStatus['activities'][number]) => ['Failed', 'Cancelled'].includes(status);
  const recent = activities.slice(0, shownActivities);
  const failure = activities.find(isBad);
  const shown = failure === undefined || recent.includes(failure) ? recent : [...recent, failure];
  if (shown.length === 0) return '';
  const rows = shown.map((activity) => {
    const text = isBad(activity) ? activity.cause || activity.description : activity.description;
    const at = new Date(activity.atMs).toISOString().slice(0, 16).replace('T', ' ');
    const [first, ...rest] = wrap(`${at}  ${activity.status}: ${text}`, width - indent.length - 2);
    const paint = isBad(activity) ? colors.red : (words: string) => words;
    return [`${indent}${paint(first ?? '')}`, ...rest.map((words) => `${indent}  ${paint(words)}`)].join('\n');
  });
  return `${'activity'}  ${rows.join('\n').trimStart()}\n`;
}
