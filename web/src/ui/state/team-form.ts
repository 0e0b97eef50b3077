import type { Fields } from '../api/read.ts';
import type { Team } from '../api/teams.ts';
import { changesOf, limitFieldsBefore, limitFieldsOf, modelsOf, textOf } from './form-values.ts';

/** What the form of a team says, as the wire names it: for an old team only what is different. Throws `FormProblem`. */
export function teamFieldsOf(data: FormData, original?: Team): Fields {
  const now = { team_alias: textOf(data, 'team_alias'), models: modelsOf(data), ...limitFieldsOf(data) };
  const before: Fields = original
    ? { ...limitFieldsBefore(original), team_alias: original.alias, models: original.models }
    : { models: [] };
  return changesOf(now, before);
}
