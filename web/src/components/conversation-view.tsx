import { useEffect, useRef } from 'preact/hooks';
import { usePlayground } from './context.ts';
import { DownIcon } from './icons.tsx';
import { TurnView } from './turn-view.tsx';
import { useAutoscroll } from './use-autoscroll.ts';
import { Welcome } from './welcome.tsx';

/** The turns, scrolling, with the newest in sight. */
export function ConversationView() {
  const { conversation } = usePlayground();
  const pane = useRef<HTMLElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const { isFollowing, follow, rest } = useAutoscroll(pane, content);
  const turns = conversation.turns.value;
  const newestId = turns.at(-1)?.id;
  useEffect(newestId === undefined ? rest : follow, [newestId]);

  return (
    <section class="conversation" aria-label="Conversation" ref={pane} tabIndex={0}>
      <div class="column" ref={content}>
        {turns.length === 0 ? (
          <Welcome />
        ) : (
          turns.map((turn) => <TurnView key={turn.id} turn={turn} isLast={turn.id === newestId} />)
        )}
        {!conversation.isKept.value && (
          <p class="note">This conversation is too long for this tab to keep: a reload would lose it.</p>
        )}
      </div>
      {newestId !== undefined && !isFollowing.value && (
        <button type="button" class="jump" onClick={follow}>
          <DownIcon />
          Newest
        </button>
      )}
    </section>
  );
}
