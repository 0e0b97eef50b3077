import type { Team } from '../api/teams.ts';
import { teamFieldsOf } from '../state/team-form.ts';
import { InputField } from './field.tsx';
import { FormDialog } from './form-dialog.tsx';
import { LimitFields } from './limit-fields.tsx';
import { ModelFields } from './model-fields.tsx';
import { useResource } from './use-resource.ts';

interface TeamFormProps {
  /** The team to change; missing for a new one. */
  original?: Team;
  onSend: (fields: Record<string, unknown>) => Promise<void>;
  onClose: () => void;
}

/** Name, models and limits of a team, as a form. */
export function TeamForm({ original, onSend, onClose }: TeamFormProps) {
  const models = useResource((api) => api.models.list(), []);
  const known = [...new Set(models.value.value?.map(({ model }) => model) ?? [])].sort();
  return (
    <FormDialog
      title={original ? 'Edit team' : 'New team'}
      verb={original ? 'Save' : 'Create team'}
      onSubmit={(data) => onSend(teamFieldsOf(data, original))}
      onClose={onClose}
    >
      <div class="fields">
        <InputField label="Name" name="team_alias" value={original?.alias ?? ''} isRequired placeholder="search" />
      </div>
      <ModelFields known={known} chosen={original?.models} />
      <LimitFields limits={original} />
    </FormDialog>
  );
}
