import { useSignal } from '@preact/signals';
import type { Member, Team } from '../api/teams.ts';
import { FormProblem, textOf } from '../state/form-values.ts';
import { Card } from './card.tsx';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { useDashboard } from './context.ts';
import { Empty } from './empty.tsx';
import { Field, InputField } from './field.tsx';
import { FormDialog } from './form-dialog.tsx';
import { useResource } from './use-resource.ts';

/** Who belongs to a team; administrators add and remove here. */
export function MembersCard({ team, onChanged }: { team: Team; onChanged: () => void }) {
  const { api, announce, rights } = useDashboard();
  const isAdding = useSignal(false);
  const leaving = useSignal<Member | undefined>(undefined);

  async function add(data: FormData): Promise<void> {
    const userId = textOf(data, 'user_id');
    if (userId === '') throw new FormProblem('Write the id of the user.');
    await api.teams.addMember(team.id, { user_id: userId, role: textOf(data, 'role') });
    isAdding.value = false;
    announce(`${userId} was added.`);
    onChanged();
  }

  async function remove(member: Member): Promise<void> {
    await api.teams.removeMember(team.id, member.userId);
    leaving.value = undefined;
    announce(`${member.userId} was removed.`);
    onChanged();
  }

  return (
    <Card
      title="Members"
      actions={
        rights.managesAll && (
          <button type="button" class="text-button" onClick={() => (isAdding.value = true)}>
            Add member
          </button>
        )
      }
    >
      {team.members.length === 0 && <Empty title="No members yet" />}
      <ul class="members">
        {team.members.map((member) => (
          <li key={member.userId}>
            <span class="member-name">{member.userId}</span>
            {member.role === 'admin' && <span class="quiet">team admin</span>}
            {rights.managesAll && (
              <button
                type="button"
                class="text-button"
                aria-label={`Remove ${member.userId}`}
                onClick={() => (leaving.value = member)}
              >
                Remove
              </button>
            )}
          </li>
        ))}
      </ul>
      {isAdding.value && <MemberForm onAdd={add} onClose={() => (isAdding.value = false)} />}
      {leaving.value && (
        <ConfirmDialog
          title={`Remove ${leaving.value.userId}?`}
          verb="Remove member"
          onConfirm={async () => {
            if (leaving.value) await remove(leaving.value);
          }}
          onClose={() => (leaving.value = undefined)}
        >
          <p>The user stays, and can be added again.</p>
        </ConfirmDialog>
      )}
    </Card>
  );
}

function MemberForm({ onAdd, onClose }: { onAdd: (data: FormData) => Promise<void>; onClose: () => void }) {
  const users = useResource((api) => api.users.list({ page: 1, size: 100 }), []);
  return (
    <FormDialog title="Add member" verb="Add member" onSubmit={onAdd} onClose={onClose}>
      <div class="fields">
        <InputField label="User" name="user_id" isRequired suggestions={users.value.value?.rows.map(({ id }) => id) ?? []} />
        <Field label="Role">
          {(ids) => (
            <select name="role" {...ids}>
              <option value="user">member</option>
              <option value="admin">team admin</option>
            </select>
          )}
        </Field>
      </div>
    </FormDialog>
  );
}
