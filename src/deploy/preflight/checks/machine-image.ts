import { isMissing } from '../../aws/describe-error.ts';
import { textValue } from '../../target.ts';
import { fail, pass, warn, type Check, type CheckContext } from '../check.ts';

/** Public parameter with AWS's newest GPU base image, which hosts resolve when they start. */
const parameter = '/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-24.04/latest/ami-id';
const dayMs = 86_400_000;
const oldDays = 90;

/** The machine image of GPU hosts exists, has the root device that the launch template sizes, and is not old. */
export const machineImageCheck: Check = {
  id: 'machine-image',
  phase: 'account',
  async run(context) {
    const { aws, target, nowMs } = context;
    const pinned = textValue(target.values, 'ami_id');
    const id = pinned ?? (await resolveParameter(context));
    if (id === undefined) {
      return fail(`${target.region} has no public image ${parameter}`, 'set ami_id to a GPU image of this region');
    }
    const { Images = [] } = await (await aws.client('ec2')).describeImages({ ImageIds: [id] }).catch((error: unknown) => {
      if (error instanceof Error && error.name.startsWith('InvalidAMIID')) return { Images: [] };
      throw error;
    });
    const [image] = Images;
    const fix =
      pinned === undefined ? 'set ami_id to another image' : `set ami_id to another image, or leave it empty for AWS's newest`;
    if (image === undefined) return fail(`${id} does not exist in ${target.region}, or this account may not use it`, fix);
    if (image.Architecture !== 'x86_64') return fail(`${id} is for ${image.Architecture}, the GPU hosts are x86_64`, fix);
    if (image.RootDeviceName !== '/dev/sda1') {
      return fail(`${id} has its root device at ${image.RootDeviceName}, not /dev/sda1`, fix);
    }
    const days = Math.max(0, Math.floor((nowMs - Date.parse(image.CreationDate ?? '')) / dayMs));
    if (days > oldDays) return warn(`${id} is ${days} days old`, 'take a newer one: drivers and fixes come with it');
    if (pinned === undefined && target.environment === 'prod')
      return warn(`${id} is the newest, and not pinned`, `pin it for prod: ami_id = "${id}"`);
    return pass(`${id}${pinned === undefined ? ', the newest' : ''}${Number.isNaN(days) ? '' : `, ${days} days old`}`);
  },
};

async function resolveParameter({ aws }: CheckContext): Promise<string | undefined> {
  const ssm = await aws.client('ssm');
  try {
    return (await ssm.getParameter({ Name: parameter })).Parameter?.Value;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
