import { isMissing } from '../../aws/describe-error.ts';
import { bootstrapLine } from '../../names.ts';
import { fail, pass, type Check } from '../check.ts';

/** The table of locks is there and has the key that OpenTofu writes. */
export const lockTableCheck: Check = {
  id: 'lock-table',
  phase: 'state',
  async run({ aws, names, target }) {
    const client = await aws.client('dynamodb');
    const table = await client.describeTable({ TableName: names.lockTable }).catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
    if (table?.Table === undefined) return fail(`there is no table ${names.lockTable}`, bootstrapLine(target));
    const { KeySchema = [], TableStatus } = table.Table;
    if (KeySchema[0]?.AttributeName !== 'LockID' || KeySchema.length !== 1) {
      return fail(
        `${names.lockTable} has the key ${KeySchema.map(({ AttributeName }) => AttributeName).join(', ')}, not LockID`,
        'delete it and run sluice bootstrap',
      );
    }
    if (TableStatus !== 'ACTIVE') return fail(`${names.lockTable} is ${TableStatus}`, 'wait for it');
    return pass(names.lockTable);
  },
};
