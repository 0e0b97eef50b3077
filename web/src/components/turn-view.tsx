import { effect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { createMarkdownWriter } from '../markdown/writer.ts';
import { isOpen, type Turn } from '../state/turn.ts';
import { AnswerFacts } from './answer-facts.tsx';
import { usePlayground } from './context.ts';
import { FailureNotice } from './failure-notice.tsx';
import { Notice } from './notice.tsx';

interface TurnViewProps {
  turn: Turn;
  isLast: boolean;
}

/** A prompt and what came of it. */
export function TurnView({ turn, isLast }: TurnViewProps) {
  const state = turn.state.value;
  return (
    <article class="turn" data-state={state.kind}>
      <h2 class="visually-hidden">You wrote</h2>
      <p class="prompt">{turn.prompt}</p>
      <h2 class="visually-hidden">Answer</h2>
      <div class="channel">
        <AnswerText key={turn.id} turn={turn} />
        <Outcome turn={turn} isLast={isLast} />
        {!isOpen(state) && <AnswerFacts turn={turn} />}
      </div>
    </article>
  );
}

/** The answer as Markdown. Written past the components: a piece of text touches one text node, not a tree. */
function AnswerText({ turn }: { turn: Turn }) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!element.current) return;
    const writer = createMarkdownWriter(element.current);
    let written = 0;
    return effect(() => {
      const text = turn.answer.value;
      writer.write(text.slice(written));
      written = text.length;
      if (!isOpen(turn.state.value)) writer.end();
    });
  }, [turn]);
  return <div class="markdown" ref={element} />;
}

/** What there is to say besides the text: that it is awaited, or why it is not all there. */
function Outcome({ turn, isLast }: TurnViewProps) {
  const state = turn.state.value;
  switch (state.kind) {
    case 'waiting':
      return <p class="note">Waiting for the first token…</p>;
    case 'held':
      return <LoadingNotice turn={turn} />;
    case 'writing':
      return null;
    case 'stopped':
      return <p class="note">You stopped this answer.</p>;
    case 'failed':
      return <FailureNotice turn={turn} failure={state.failure} isLast={isLast} />;
    case 'done':
      return <EndNote turn={turn} />;
  }
}

function EndNote({ turn }: { turn: Turn }) {
  const { finishReason } = turn.facts.value;
  if (finishReason === 'length') return <p class="note">The answer reached the limit of tokens. Raise “Max tokens” for more.</p>;
  if (finishReason === 'content_filter') return <p class="note">A content filter ended this answer.</p>;
  return turn.answer.value === '' ? <p class="note">The model answered with nothing.</p> : null;
}

function LoadingNotice({ turn }: { turn: Turn }) {
  const { retry, stop } = usePlayground();
  return (
    <Notice
      tone="calm"
      title="The model is loading"
      actions={
        <>
          <button type="button" class="button" onClick={() => retry(turn)}>
            Try now
          </button>
          <button type="button" class="text-button" onClick={stop}>
            Do not wait
          </button>
        </>
      }
    >
      <p>Your message goes out by itself when it is ready.</p>
    </Notice>
  );
}
