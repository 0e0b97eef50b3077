import { GatewayError } from '../errors.ts';
import type { Asker } from '../deploy/tfvars-dialog/interview.ts';
import type { Prompts } from './dialog.ts';

const other = 'another';

/** Questions at the terminal. Ctrl-C ends the command. */
export function terminalAsker({ text, select, multiselect, confirm, isCancel }: Prompts): Asker {
  const answered = <Answer>(answer: Answer): Exclude<Answer, symbol> => {
    if (isCancel(answer)) throw new GatewayError('bad_request', 'nothing was written');
    return answer as Exclude<Answer, symbol>;
  };
  return {
    text: async (message, initialValue, fault) =>
      answered(await text({ message, initialValue, validate: (typed) => fault(typed ?? '') })) ?? '',
    choose: async (message, choices, initialValue) => {
      const options = [...choices, { value: other, hint: 'to be typed' }];
      const chosen = answered(await select({ message, options, initialValue }));
      return chosen === other ? undefined : chosen;
    },
    chooseSome: async (message, choices, initialValues) =>
      answered(
        await multiselect({
          message,
          options: [...choices],
          initialValues: choices.map(({ value }) => value).filter((value) => initialValues.includes(value)),
        }),
      ),
    confirm: async (message, initialValue) => answered(await confirm({ message, initialValue })),
  };
}
