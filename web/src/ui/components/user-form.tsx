import { userRoles } from '../api/users.ts';
import { changesOf, limitFieldsOf, textOf } from '../state/form-values.ts';
import { Field, InputField } from './field.tsx';
import { FormDialog } from './form-dialog.tsx';
import { LimitFields } from './limit-fields.tsx';

interface UserFormProps {
  onSend: (fields: Record<string, unknown>) => Promise<void>;
  onClose: () => void;
}

function userFieldsOf(data: FormData): Record<string, unknown> {
  const texts = Object.fromEntries(
    ['user_id', 'user_email', 'user_role'].map((name) => [name, textOf(data, name)]).filter(([, text]) => text !== ''),
  );
  return { ...texts, ...changesOf(limitFieldsOf(data), {}), auto_create_key: data.get('auto_create_key') === 'on' };
}

/** A new user, as a form. */
export function UserForm({ onSend, onClose }: UserFormProps) {
  return (
    <FormDialog title="New user" verb="Create user" onSubmit={(data) => onSend(userFieldsOf(data))} onClose={onClose}>
      <fieldset class="fields">
        <legend>Who</legend>
        <InputField label="Id" name="user_id" placeholder="made up by the gateway" />
        <InputField label="E-mail" name="user_email" type="email" />
        <Field label="Role">
          {(ids) => (
            <select name="user_role" {...ids}>
              {Object.entries(userRoles).map(([value, text]) => (
                <option key={value} value={value}>
                  {text}
                </option>
              ))}
            </select>
          )}
        </Field>
        <label class="choice field-wide">
          <input type="checkbox" name="auto_create_key" defaultChecked />
          Make a first key along with it
        </label>
      </fieldset>
      <LimitFields />
    </FormDialog>
  );
}
