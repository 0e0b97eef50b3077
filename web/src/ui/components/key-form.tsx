import type { Key } from '../api/keys.ts';
import { keyFieldsOf } from '../state/key-form.ts';
import { formatDateTime } from '../state/format.ts';
import { teamLabel } from '../api/teams.ts';
import { useDashboard } from './context.ts';
import { Field, InputField } from './field.tsx';
import { FormDialog } from './form-dialog.tsx';
import { LimitFields } from './limit-fields.tsx';
import { ModelFields } from './model-fields.tsx';
import { useResource } from './use-resource.ts';

interface KeyFormProps {
  /** The key to change; missing for a new one. */
  original?: Key;
  /** The team that a new key is for. */
  teamId?: string;
  onSend: (fields: Record<string, unknown>) => Promise<void>;
  onClose: () => void;
}

const lifetimes = ['1d', '7d', '30d', '90d', '365d'];

/** Everything that a key can be given, as a form. */
export function KeyForm({ original, teamId, onSend, onClose }: KeyFormProps) {
  const { rights } = useDashboard();
  const models = useResource((api) => api.models.list(), []);
  const known = [...new Set(models.value.value?.map(({ model }) => model) ?? [])].sort();
  const expiry = original?.expiresAtMs ?? null;
  return (
    <FormDialog
      title={original ? 'Edit key' : 'New key'}
      verb={original ? 'Save' : 'Create key'}
      onSubmit={(data) => onSend(keyFieldsOf(data, original))}
      onClose={onClose}
    >
      <fieldset class="fields">
        <legend>Whose and how long</legend>
        <InputField label="Alias" name="key_alias" value={original?.alias ?? ''} placeholder="search-backend" />
        <InputField
          label={original ? 'Expires in' : 'Expires after'}
          name="duration"
          suggestions={expiry === null ? lifetimes : [...lifetimes, 'never']}
          placeholder={expiry === null ? 'never' : `stays ${formatDateTime(expiry)}`}
          hint={expiry === null ? 'Such as 12h, 30d or 6mo.' : 'Such as 30d from now; "never" takes the expiry away.'}
        />
        {rights.managesAll && <OwnerFields original={original} teamId={teamId} />}
      </fieldset>
      <ModelFields known={known} chosen={original?.models} />
      <LimitFields limits={original} />
      <fieldset class="fields">
        <legend>Metadata</legend>
        <Field label="Metadata, JSON" isWide hint="Kept with the key and in the ledger's reports. Not for secrets.">
          {(ids) => (
            <textarea
              name="metadata"
              rows={3}
              spellcheck={false}
              placeholder='{"project": "search"}'
              defaultValue={
                original && Object.keys(original.metadata).length > 0 ? JSON.stringify(original.metadata, null, 2) : ''
              }
              {...ids}
            />
          )}
        </Field>
      </fieldset>
    </FormDialog>
  );
}

/** Team and user: only for those who manage everybody's keys. */
function OwnerFields({ original, teamId }: { original: Key | undefined; teamId: string | undefined }) {
  const teams = useResource((api) => api.teams.list({ page: 1, size: 100 }), []);
  const users = useResource((api) => api.users.list({ page: 1, size: 100 }), []);
  const current = original?.teamId ?? teamId ?? '';
  const list = teams.value.value?.rows ?? [];
  const isListed = current === '' || list.some(({ id }) => id === current);
  return (
    <>
      <Field label="Team">
        {(ids) => (
          <select name="team_id" {...ids}>
            <option value="" selected={current === ''}>
              none
            </option>
            {!isListed && (
              <option value={current} selected>
                {current}
              </option>
            )}
            {list.map((team) => (
              <option key={team.id} value={team.id} selected={team.id === current}>
                {teamLabel(team)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <InputField
        label="User"
        name="user_id"
        value={original?.userId ?? ''}
        placeholder="none"
        suggestions={users.value.value?.rows.map(({ id }) => id) ?? []}
      />
    </>
  );
}
