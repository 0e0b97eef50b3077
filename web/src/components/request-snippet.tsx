import { toCurl } from '../api/curl.ts';
import { CopyButton } from './copy-button.tsx';
import { usePlayground } from './context.ts';

/** The request that the page would send now, for a terminal. */
export function RequestSnippet({ baseUrl }: { baseUrl: string }) {
  const { bodyFor, draft, needsKey } = usePlayground();
  const body = bodyFor(draft.value.trim() || 'Hello!');
  if (!body) return null;
  const curl = toCurl({ baseUrl, body, needsKey: needsKey.value });
  return (
    <section class="snippet" aria-labelledby="snippet-title">
      <div class="field-head">
        <h2 id="snippet-title">This request</h2>
        <CopyButton label="Copy as curl" text={() => curl} />
      </div>
      <pre tabIndex={0} aria-labelledby="snippet-title">
        <code>{curl}</code>
      </pre>
    </section>
  );
}
