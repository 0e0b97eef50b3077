import { isDemoModel } from '../api/wire.ts';
import { formatDuration, formatRate, tokensPerSecond } from '../state/facts.ts';
import type { Turn } from '../state/turn.ts';
import { CopyButton } from './copy-button.tsx';

const countFormat = new Intl.NumberFormat('en');

/** What an answer took: tokens, speed, time to the first token, and who answered. What is not known is left out. */
export function AnswerFacts({ turn }: { turn: Turn }) {
  const facts = turn.facts.value;
  const rate = tokensPerSecond(facts);
  const rows = [
    { name: 'Model', value: facts.model && (isDemoModel(facts.model) ? `${facts.model} (demo)` : facts.model) },
    { name: 'Prompt', value: facts.promptTokens !== undefined && `${countFormat.format(facts.promptTokens)} tokens` },
    { name: 'Answer', value: facts.completionTokens !== undefined && `${countFormat.format(facts.completionTokens)} tokens` },
    { name: 'Speed', value: rate !== undefined && `${formatRate(rate)} tokens/s` },
    { name: 'First token', value: facts.firstTokenMs !== undefined && formatDuration(facts.firstTokenMs) },
  ].filter(({ value }) => value);
  return (
    <div class="facts">
      {rows.length > 0 && (
        <dl>
          {rows.map(({ name, value }) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {turn.answer.value !== '' && <CopyButton label="Copy answer" text={() => turn.answer.value} />}
    </div>
  );
}
