import { beforeAll, describe, expect, test } from 'vitest';
import { openApiDocument } from '../../src/http/openapi.ts';
import type { AdminApp } from './app.ts';
import { capturedFields, capturedRouterSettings } from './captured-fields.ts';

const neutral = { nothing: null, list: [], map: {}, no: false } as const;

/** Fields whose value differs from the recorded one, and why that is right. */
const differs: Record<string, readonly string[]> = {
  // The recording made a user without a role; here it has the least one. Its key has a hash, an origin and a type.
  'user/new': ['user_role', 'token', 'token_id', 'created_by', 'updated_by', 'key_type'],
  'user/info': ['user_role'],
  'user/info keys': ['created_by', 'updated_by', 'key_type'],
  // Every member is told, not only those with limits of their own.
  'team/list': ['team_memberships'],
  'key/list': ['created_by', 'updated_by', 'key_type', 'user_email', 'user_role', 'user_max_budget', 'user_model_max_budget'],
};

/** Our answers have every field that LiteLLM's have, and where there is nothing to tell the same nothing. */
export function contract(app: () => AdminApp): void {
  describe('LiteLLM’s clients find every field that they know', () => {
    const answers: Record<string, Record<string, unknown>> = {};
    beforeAll(async () => {
      const asked = { models: ['a', 'b'], max_budget: 10, budget_duration: '30d', rpm_limit: 1000, tpm_limit: 1_000_000 };
      const generated = await app().do('/key/generate', { key_alias: 'contract', ...asked, metadata: { team: 'x' } });
      answers['key/generate'] = generated;
      answers['key/info'] = (await app().get(`/key/info?key=${generated.token}`)).body.info;
      app().nowMs += 1_000;
      answers['key/update'] = await app().do('/key/update', { key: generated.key, max_budget: 11 });
      const { key } = await app().do('/key/generate', {});
      app().nowMs += 1_000;
      answers['key/block'] = await app().do('/key/block', { key });
      answers['key/unblock'] = await app().do('/key/unblock', { key });
      const user = { user_id: 'contract-user', user_email: 'contract@example.com', max_budget: 5 };
      answers['user/new'] = await app().do('/user/new', user);
      const list = await app().get('/key/list?user_id=contract-user&return_full_object=true');
      answers['key/list'] = list.body.keys[0];
      const info = (await app().get('/user/info?user_id=contract-user')).body;
      answers['user/info'] = info.user_info;
      answers['user/info keys'] = info.keys[0];
      const byUser = { role: 'admin', userId: 'contract-user' } as const;
      answers['team/new'] = await app().do('/team/new', { team_alias: 'c', models: ['a'], max_budget: 3, rpm_limit: 50 }, byUser);
      const team = answers['team/new']!['team_id'] as string;
      answers['team/info'] = (await app().get(`/team/info?team_id=${team}`)).body.team_info;
      const plain = await app().do('/team/new', { max_budget: 0.00001 }, byUser);
      await app().do('/key/generate', { team_id: plain.team_id });
      const teams = (await app().get('/team/list')).body as { team_id: string; keys: Record<string, unknown>[] }[];
      const listed = teams.find(({ team_id }) => team_id === plain.team_id)!;
      answers['team/list'] = listed as never;
      answers['team/list keys'] = listed.keys[0]!;
    });

    test.each(Object.keys(capturedFields))('%s', (name) => {
      const answer = answers[name]!;
      const groups = capturedFields[name]!;
      const words = (text: string) => text.split(' ').filter((word) => word !== '');
      const missing = Object.values(groups).flatMap(words);
      expect(missing.filter((field) => !(field in answer))).toEqual([]);
      const wrong = Object.entries(neutral).flatMap(([group, value]) =>
        words(groups[group as keyof typeof neutral])
          .filter((field) => !(differs[name] ?? []).includes(field))
          .filter((field) => JSON.stringify(answer[field]) !== JSON.stringify(value))
          .map((field) => `${field}: ${JSON.stringify(answer[field])}`),
      );
      expect(wrong).toEqual([]);
      const needless = (differs[name] ?? []).filter((field) => Object.values(neutral).includes(answer[field] as never));
      expect(needless).toEqual([]);
    });

    test('router_settings of a new key', () => {
      const names = capturedRouterSettings.split(' ');
      const settings = answers['key/generate']!['router_settings'] as Record<string, unknown>;
      expect(Object.keys(settings).sort()).toEqual([...names].sort());
      expect(Object.values(settings).filter((value) => value !== null)).toEqual([{}]);
    });

    test('numbers and times have LiteLLM’s units', () => {
      expect(answers['key/info']).toMatchObject({
        max_budget: 10,
        spend: 0,
        rpm_limit: 1000,
        budget_reset_at: '2027-02-01T00:00:00.000Z',
        created_at: '2027-01-15T12:00:00.000Z',
        created_by: 'master',
      });
      expect(answers['key/generate']!['key']).toMatch(/^sk-[\w-]{22}$/);
      expect(answers['key/generate']!['key_name']).toBe(`sk-...${String(answers['key/generate']!['key']).slice(-4)}`);
      expect(answers['key/update']).toMatchObject({ max_budget: 11, settings_updated_at: '2027-01-15T12:00:01.000Z' });
    });
  });

  test('every route is in the OpenAPI document, with what it takes', () => {
    const { paths, components } = openApiDocument(app().routes) as {
      paths: Record<string, Record<string, { parameters?: object[] }>>;
      components: { schemas: Record<string, object> };
    };
    expect(Object.keys(paths)).toHaveLength(app().routes.length);
    expect(paths['/key/{key}/regenerate']!['post']!.parameters).toMatchObject([{ name: 'key', in: 'path', required: true }]);
    expect(paths['/key/list']!['get']!.parameters).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: 'search', in: 'query' })]),
    );
    expect(paths['/team/info']!['get']!.parameters).toMatchObject([{ name: 'team_id', in: 'query', required: true }]);
    expect(components.schemas['GenerateKeyRequest']).toMatchObject({ properties: { max_budget: {}, enforced_params: {} } });
  });
}
