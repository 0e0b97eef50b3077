import { describe, expect, test } from 'vitest';
import { ModelTable } from '../core/model-table.ts';
import { Banner } from './banner.ts';

/** What the terminal shows once a gateway listens. */
function shown(isKeyed: boolean): string {
  let text = '';
  const banner = new Banner({ write: (more: string) => (text += more) });
  const server = { url: 'http://127.0.0.1:8000', models: () => new ModelTable([]), isKeyed, close: () => Promise.resolve(0) };
  banner.listening(server, null);
  return text;
}

describe('what is told to try', () => {
  test('works as it stands where no key is asked for', () => {
    expect(shown(false)).toContain('open http://localhost:8000/ in');
    expect(shown(false)).toContain('curl http://localhost:8000/v1/completions -d');
  });

  test('has a place for the key where one is asked for, and begins at the dashboard', () => {
    expect(shown(true)).toContain('open http://localhost:8000/ui in');
    expect(shown(true)).toContain('curl http://localhost:8000/v1/completions -H "Authorization: Bearer $KEY" -d');
  });
});
