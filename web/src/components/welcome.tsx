import { isDemoModel } from '../api/wire.ts';
import { usePlayground } from './context.ts';
import { Scene } from './scene.tsx';

const examples = [
  { title: 'Explain', prompt: 'What does a sluice gate do? Answer in three short sentences.' },
  {
    title: 'Write code',
    prompt: 'Write a TypeScript function that retries a promise with exponential backoff.',
  },
  { title: 'Make a list', prompt: 'Make a packing list for a rainy weekend in the mountains, grouped under headings.' },
  { title: 'Extract', prompt: 'Turn this into JSON with name, date and amount: "Ada paid 42 euros on the 3rd of May."' },
];

/** The empty page: where requests go, and something to start with. */
export function Welcome() {
  const { draft, send, models } = usePlayground();
  const model = models.current.value;
  return (
    <div class="welcome">
      <Scene isOpen={draft.value.trim() !== ''} />
      <h2>Open the gate.</h2>
      <p class="lead">
        {model === undefined ? (
          'Write a prompt and watch the answer come through.'
        ) : (
          <>
            Ask <strong>{model}</strong> something and watch the answer come through.
          </>
        )}
      </p>
      {model !== undefined && isDemoModel(model) && (
        <p class="lead">
          It is the built-in demo: it strings sentences together so that everything can be tried without a real model.
        </p>
      )}
      <ul class="examples">
        {examples.map(({ title, prompt }) => (
          <li key={title}>
            <button type="button" class="example" disabled={model === undefined} onClick={() => send(prompt)}>
              <span class="example-title">{title}</span>
              <span>{prompt}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
