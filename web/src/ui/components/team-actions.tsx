import { useSignal } from '@preact/signals';
import { type Team, teamLabel } from '../api/teams.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { useDashboard } from './context.ts';
import { FailureBox } from './failure-box.tsx';
import { TeamForm } from './team-form.tsx';
import { useAction } from './use-action.ts';

interface TeamActionsProps {
  team: Team;
  onChanged: () => void;
  onDeleted: () => void;
}

/** What can be done with a team, its members apart. */
export function TeamActions({ team, onChanged, onDeleted }: TeamActionsProps) {
  const { api, announce } = useDashboard();
  const open = useSignal<'edit' | 'delete' | undefined>(undefined);
  const block = useAction();
  const close = (): void => {
    open.value = undefined;
  };

  async function edit(fields: Record<string, unknown>): Promise<void> {
    if (Object.keys(fields).length > 0) await api.teams.update(team.id, fields);
    close();
    announce('The team was saved.');
    onChanged();
  }

  async function toggleBlocked(): Promise<void> {
    await api.teams.setBlocked(team.id, !team.isBlocked);
    announce(team.isBlocked ? 'The keys of the team are taken again.' : 'The team and its keys are blocked.');
    onChanged();
  }

  async function remove(): Promise<void> {
    await api.teams.remove(team.id);
    close();
    announce('The team was deleted.');
    onDeleted();
  }

  return (
    <>
      <button type="button" class="button" onClick={() => (open.value = 'edit')}>
        Edit
      </button>
      <button type="button" class="button" disabled={block.isRunning.value} onClick={() => void block.run(toggleBlocked)}>
        {team.isBlocked ? 'Unblock' : 'Block'}
      </button>
      <button type="button" class="button button-danger" onClick={() => (open.value = 'delete')}>
        Delete
      </button>
      {block.failure.value && <FailureBox failure={block.failure.value} />}
      {open.value === 'edit' && <TeamForm original={team} onSend={edit} onClose={close} />}
      {open.value === 'delete' && (
        <ConfirmDialog title={`Delete ${teamLabel(team)}?`} verb="Delete team" onConfirm={remove} onClose={close}>
          <p>The keys of the team are deleted with it, for good. To stop them for a while, block the team instead.</p>
        </ConfirmDialog>
      )}
    </>
  );
}
