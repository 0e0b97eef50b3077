import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { AdminApp } from './app.ts';

/** The calls of a page's examples, in order: path and body. */
function examples(page: string): { path: string; body: string | undefined }[] {
  const blocks = [...page.matchAll(/```sh\n(.*?)```/gs)].map(([, block]) => block!);
  const calls = blocks.flatMap((block) => [...block.matchAll(/^curl "?\$GATEWAY([^\s"]+)"? -H "[^"]+"(?: -d '(.*?)'\n)?/gms)]);
  return calls.map(([, path, body]) => ({ path: path!, body }));
}

/** docs/keys.md does what it says. */
export function documented(app: () => AdminApp): void {
  test('every example of docs/keys.md is answered', async () => {
    const page = readFileSync(new URL('../../docs/keys.md', import.meta.url), 'utf8');
    const calls = examples(page);
    expect(calls).toHaveLength(page.match(/^curl /gm)!.length);
    let key = '';
    for (const { path, body } of calls) {
      const filled = (text: string) => text.replaceAll("'$KEY'", key).replaceAll('$KEY', key);
      const answer =
        body === undefined ? await app().get(filled(path)) : await app().post(filled(path), JSON.parse(filled(body)) as object);
      expect(answer, path).toMatchObject({ status: 200 });
      key = (answer.body.key as string | undefined) ?? key;
    }
  });
}
