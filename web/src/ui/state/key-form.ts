import type { Key } from '../api/keys.ts';
import type { Fields } from '../api/read.ts';
import { changesOf, durationOf, limitFieldsBefore, limitFieldsOf, metadataOf, modelsOf, textOf } from './form-values.ts';

/**
 * What the form of a key says, as the wire names it: for a new key what was filled in, for an old one what is different. An owner is only
 * sent by those whose form asks for it. Throws `FormProblem`.
 */
export function keyFieldsOf(data: FormData, original?: Key): Fields {
  const orNull = (text: string): string | null => (text === '' ? null : text);
  const now = {
    key_alias: orNull(textOf(data, 'key_alias')),
    models: modelsOf(data),
    ...limitFieldsOf(data),
    ...(data.has('team_id') && { team_id: orNull(textOf(data, 'team_id')) }),
    ...(data.has('user_id') && { user_id: orNull(textOf(data, 'user_id')) }),
    metadata: metadataOf(data),
  };
  const before: Fields = original
    ? {
        ...limitFieldsBefore(original),
        key_alias: original.alias,
        models: original.models,
        team_id: original.teamId,
        user_id: original.userId,
        metadata: original.metadata,
      }
    : { models: [], metadata: {} };
  return { ...changesOf(now, before), ...expiryOf(data, original) };
}

/** The wire's `duration` counts from now; `-1` is its word for never. */
function expiryOf(data: FormData, original: Key | undefined): Fields {
  if (original && textOf(data, 'duration') === 'never') return { duration: '-1' };
  const duration = durationOf(data, 'duration', 'The expiry');
  return duration === '' ? {} : { duration };
}
