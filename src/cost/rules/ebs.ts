import { block, blocks, numeric, text, type Values } from '../plan/values.ts';
import { range, times, type Range } from '../range.ts';
import { fixedLine, scaledLine, type LineItem, type Rule } from './rule.ts';

/** What gp3 includes for each volume (EBS price page): 3,000 IOPS and 125 MB/s. */
const gp3Iops = 3000;
const gp3Throughput = 125;
/** Size of the root volume of current Amazon Linux images; deep learning images need about 100 GB. */
const plainRootGB = 8;
const gpuRootGB = 100;

interface Volume {
  name: string;
  type: string;
  sizeGB: number;
  /** Neither written nor known before apply: a snapshot or the image decides. */
  isGuess: boolean;
  iops: number | undefined;
  throughput: number | undefined;
}

function toVolume(values: Values, name: string, size: string, type: string): Volume {
  return {
    name,
    // EC2's own default for volumes that name no type is gp2.
    type: text(values, type) ?? 'gp2',
    sizeGB: numeric(values, size) ?? plainRootGB,
    isGuess: numeric(values, size) === undefined,
    iops: numeric(values, 'iops'),
    throughput: numeric(values, 'throughput'),
  };
}

/** Lines of one volume, `count` times. */
function volumeLines(volume: Volume, count: Range, make: typeof fixedLine): LineItem[] {
  const { name, type } = volume;
  const priced = (component: string, priceId: string, unit: string, amount: number): LineItem =>
    make({
      component: `${name} ${component}`,
      category: 'storage',
      priceId,
      unit,
      quantity: times(range(amount), count),
      basis: `${amount} ${unit} × volumes`,
    });
  const family = type === 'io2' ? 'io1' : type;
  const lines = [priced(`${type} storage`, `ebs.${family}.gb`, 'GB-month', volume.sizeGB)];
  if (type === 'gp3' && (volume.iops ?? 0) > gp3Iops)
    lines.push(priced('IOPS above 3,000', 'ebs.gp3.iops', 'IOPS-month', (volume.iops ?? 0) - gp3Iops));
  if (type === 'gp3' && (volume.throughput ?? 0) > gp3Throughput) {
    lines.push(priced('throughput above 125 MB/s', 'ebs.gp3.throughput', 'MBps-month', (volume.throughput ?? 0) - gp3Throughput));
  }
  if (family === 'io1' && volume.iops !== undefined)
    lines.push(priced('provisioned IOPS', 'ebs.io1.iops', 'IOPS-month', volume.iops));
  return lines;
}

const guesses = (volumes: readonly Volume[]): string[] =>
  volumes
    .filter((volume) => volume.isGuess)
    .map((volume) => `the size of ${volume.name} is not in the plan: ${volume.sizeGB} GB assumed`);

/** Volumes of a launch template's or node group's instances. Without a mapping the image decides: an assumption, said aloud. */
export function templateVolumes(template: Values, count: Range, isGpu: boolean): { lines: LineItem[]; warnings: string[] } {
  const mappings = blocks(template, 'block_device_mappings').filter((mapping) => blocks(mapping, 'ebs').length > 0);
  if (mappings.length === 0) {
    const sizeGB = isGpu ? gpuRootGB : plainRootGB;
    const root = { name: 'root', type: 'gp3', sizeGB, isGuess: true, iops: undefined, throughput: undefined };
    return {
      lines: volumeLines(root, count, scaledLine),
      warnings: [`the image decides the root volume: ${sizeGB} GB gp3 assumed`],
    };
  }
  const volumes = mappings.map((mapping) =>
    toVolume(block(mapping, 'ebs'), text(mapping, 'device_name') ?? 'volume', 'volume_size', 'volume_type'),
  );
  return { lines: volumes.flatMap((volume) => volumeLines(volume, count, scaledLine)), warnings: guesses(volumes) };
}

/** Volumes that an `aws_instance` or launch configuration writes inline. */
export function inlineVolumes(values: Values, count: Range, isGpu: boolean): { lines: LineItem[]; warnings: string[] } {
  const roots = blocks(values, 'root_block_device').filter(
    (root) => numeric(root, 'volume_size') !== undefined || text(root, 'volume_type') !== undefined,
  );
  const extra = blocks(values, 'ebs_block_device').map((device) =>
    toVolume(device, text(device, 'device_name') ?? 'volume', 'volume_size', 'volume_type'),
  );
  const extraLines = extra.flatMap((volume) => volumeLines(volume, count, scaledLine));
  if (roots.length === 0) {
    const assumed = templateVolumes({}, count, isGpu);
    return { lines: [...assumed.lines, ...extraLines], warnings: [...assumed.warnings, ...guesses(extra)] };
  }
  const written = roots.map((root) => toVolume(root, 'root', 'volume_size', 'volume_type'));
  const lines = written.flatMap((root) => volumeLines(root, count, scaledLine));
  return { lines: [...lines, ...extraLines], warnings: guesses([...written, ...extra]) };
}

/** A gp3 (or other) volume of a fixed size, for node groups without a template. */
export function plainVolume(sizeGB: number, count: Range): LineItem[] {
  return volumeLines(
    { name: 'root', type: 'gp3', sizeGB, isGuess: false, iops: undefined, throughput: undefined },
    count,
    scaledLine,
  );
}

/** `aws_ebs_volume`. */
export const ebsRules: Rule[] = [
  {
    types: ['aws_ebs_volume'],
    usageKeys: [],
    apply(node) {
      const volume = toVolume(node.values, 'volume', 'size', 'type');
      return { lines: volumeLines(volume, range(1), fixedLine), warnings: guesses([volume]) };
    },
  },
];
