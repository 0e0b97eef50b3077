import { describe, expect, test } from 'vitest';
import { detectorKinds } from '../src/config/schema-guardrails.ts';
import { detectorKinds as allKinds } from '../src/guardrails/detectors/index.ts';
import { translate } from '../src/config/litellm/translate.ts';
import { configSchema, type Config } from '../src/config/schema.ts';

const models = [{ model_name: 'tiny', litellm_params: { model: 'ollama/tiny', api_base: 'http://127.0.0.1:11434' } }];

function translated(guardrails: unknown) {
  const { input, refused, warnings } = translate({ model_list: models, guardrails }, {}, 'load');
  const result = configSchema.safeParse({ ...input, guardrails: input.guardrails ?? [] });
  return {
    guardrails: (result.data as Config | undefined)?.guardrails,
    refused: refused.filter(({ path }) => path[0] === 'guardrails').map(({ message }) => message),
    warnings: warnings.filter(({ path }) => path[0] === 'guardrails').map(({ message }) => message),
  };
}

const filter = (parameters: object) => [
  { guardrail_name: 'pii', litellm_params: { guardrail: 'litellm_content_filter', mode: 'pre_call', ...parameters } },
];

test('the configuration knows every kind that is found', () => {
  expect([...detectorKinds]).toEqual(allKinds());
});

describe('guardrails of a LiteLLM configuration', () => {
  test('the content filter with patterns and words means the same here', () => {
    const { guardrails, refused } = translated(
      filter({
        mode: ['pre_call', 'post_call'],
        default_on: true,
        patterns: [
          { pattern_type: 'prebuilt', pattern_name: 'email', action: 'MASK' },
          { pattern_type: 'prebuilt', pattern_name: 'us_ssn', action: 'BLOCK' },
          { pattern_type: 'regex', name: 'badge', pattern: 'B-\\d{6}', action: 'MASK' },
        ],
        blocked_words: [{ keyword: 'Project Otter', action: 'MASK', description: 'secret' }],
        pattern_redaction_format: '<{pattern_name}>',
        keyword_redaction_tag: '<WORD>',
      }),
    );
    expect(refused).toEqual([]);
    expect(guardrails).toEqual([
      expect.objectContaining({
        name: 'pii',
        kind: 'pii',
        mode: 'both',
        always: true,
        onError: 'closed',
        detectors: [
          { kind: 'email', action: 'mask' },
          { kind: 'us_ssn', action: 'block' },
        ],
        patterns: [{ name: 'badge', pattern: 'B-\\d{6}', ignoreCase: false, action: 'mask' }],
        words: [{ word: 'Project Otter', action: 'mask' }],
        maskFormat: '<{KIND}>',
        wordMask: '<WORD>',
      }),
    ]);
  });

  test('without default_on it runs only where a request asks for it', () => {
    expect(translated(filter({ blocked_words: [{ keyword: 'x', action: 'BLOCK' }] })).guardrails?.[0]).toMatchObject({
      always: false,
      mode: 'input',
      words: [{ word: 'x', action: 'block' }],
    });
  });

  test('Presidio’s entities with a pattern are found here, and put back where it parses its output', () => {
    const presidio = (parameters: object) => [
      { guardrail_name: 'p', litellm_params: { guardrail: 'presidio', mode: 'pre_call', default_on: true, ...parameters } },
    ];
    const { guardrails, refused } = translated(
      presidio({ output_parse_pii: true, pii_entities_config: { EMAIL_ADDRESS: 'MASK', CREDIT_CARD: 'BLOCK' } }),
    );
    expect(refused).toEqual([]);
    expect(guardrails?.[0]).toMatchObject({
      detectors: [
        { kind: 'email', action: 'replace' },
        { kind: 'credit_card', action: 'block' },
      ],
    });
    expect(translated(presidio({ pii_entities_config: { PERSON: 'MASK' } })).refused[0]).toMatch(
      /"PERSON" is not found here.*EMAIL_ADDRESS/,
    );
    expect(translated(presidio({})).refused[0]).toMatch(/needs pii_entities_config/);
  });

  test('what is not built is refused, naming what is', () => {
    const other = [{ guardrail_name: 'x', litellm_params: { guardrail: 'lakera_v2', mode: 'pre_call' } }];
    expect(translated(other).refused[0]).toMatch(/"lakera_v2" is not built here.*email/);
    expect(translated(filter({ categories: [{ category: 'harm' }] })).refused[0]).toMatch(/categories are not built.*email/);
    expect(translated(filter({ patterns: [{ pattern_type: 'prebuilt', pattern_name: 'nhs' }] })).refused[0]).toMatch(
      /no prebuilt pattern "nhs"/,
    );
    expect(translated(filter({ mode: 'post_mcp_call' })).refused[0]).toMatch(/needs a mode/);
  });

  test('a mode that differs a little is told', () => {
    const words = { blocked_words: [{ keyword: 'x', action: 'BLOCK' }] };
    expect(translated(filter({ ...words, mode: 'during_call' })).warnings[0]).toMatch(/before the call/);
    const { guardrails, warnings } = translated(filter({ ...words, mode: 'logging_only' }));
    expect(guardrails?.[0]).toMatchObject({ logOnly: true, mode: 'both' });
    expect(warnings[0]).toMatch(/counted/);
  });
});
