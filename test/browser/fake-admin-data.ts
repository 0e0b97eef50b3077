import { createHash } from 'node:crypto';

/** A row as the admin API gives it. */
export type Row = Record<string, unknown>;

/** Everything that the fake gateway knows. */
export interface AdminData {
  keys: Row[];
  teams: Row[];
  users: Row[];
  models: Row[];
  /** One row for each day, key and model. */
  spend: Row[];
  requests: Row[];
  audit: Row[];
}

export const nowMs = Date.parse('2026-11-21T14:05:00Z');
const dayMs = 86_400_000;

export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** The same numbers in every run: 0 up to 1. */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

const models = [
  ['llama-3.3-70b', 'vllm/meta-llama/Llama-3.3-70B-Instruct', 'http://10.0.3.11:8000/v1', 0.59, 0.79],
  ['llama-3.3-70b', 'vllm/meta-llama/Llama-3.3-70B-Instruct', 'http://10.0.3.12:8000/v1', 0.59, 0.79],
  ['qwen-2.5-coder-32b', 'vllm/Qwen/Qwen2.5-Coder-32B-Instruct', 'http://10.0.3.21:8000/v1', 0.18, 0.2],
  ['mistral-small', 'ollama/mistral-small', 'http://10.0.4.5:11434', 0.1, 0.3],
  ['bge-m3', 'vllm/BAAI/bge-m3', 'http://10.0.3.31:8000/v1', 0.01, 0],
  ['smollm2-135m-instruct', 'embedded/smollm2-135m-instruct', null, null, null],
] as const;

const names = [
  ['search-backend', 'search', 'u-maria'],
  ['support-chat', 'support', 'u-jonas'],
  ['batch-summaries', 'search', 'u-maria'],
  ['ide-plugin', 'platform', 'u-aiko'],
  ['nightly-evals', 'research', 'u-samir'],
  ['docs-assistant', 'support', 'u-jonas'],
  ['translation', 'support', 'u-lena'],
  ['notebook-samir', 'research', 'u-samir'],
  ['playground', null, null],
] as const;

function limitsOf(random: () => number): Row {
  const hasBudget = random() < 0.7;
  return {
    max_budget: hasBudget ? [25, 50, 100, 250, 500][Math.floor(random() * 5)] : null,
    soft_budget: null,
    budget_duration: hasBudget ? '1mo' : null,
    budget_reset_at: hasBudget ? '2026-12-01T00:00:00Z' : null,
    rpm_limit: random() < 0.6 ? 600 : null,
    tpm_limit: random() < 0.4 ? 200_000 : null,
    max_parallel_requests: random() < 0.2 ? 16 : null,
  };
}

function keyRow(alias: string | null, owner: { team: string | null; user: string | null }, random: () => number): Row {
  const token = hashOf(`sk-${alias}-${random()}`);
  const limits = limitsOf(random);
  const share = random();
  return {
    token,
    key_name: `sk-...${token.slice(0, 4)}`,
    key_alias: alias,
    models: random() < 0.3 ? ['llama-3.3-70b', 'mistral-small'] : [],
    user_id: owner.user,
    team_id: owner.team,
    team_alias: owner.team,
    ...limits,
    spend: Math.round(share * share * Number(limits['max_budget'] ?? 40) * 1.02 * 10_000) / 10_000,
    expires: random() < 0.15 ? '2027-03-01T00:00:00Z' : null,
    blocked: false,
    metadata: alias === 'search-backend' ? { project: 'search', stage: 'production' } : {},
    created_at: new Date(nowMs - Math.floor(random() * 200) * dayMs).toISOString(),
    last_active: new Date(nowMs - Math.floor(random() * 7_200_000)).toISOString(),
  };
}

function spendRows(keys: readonly Row[], random: () => number): Row[] {
  const rows: Row[] = [];
  for (let back = 89; back >= 0; back -= 1) {
    const at = nowMs - back * dayMs;
    const weekend = [0, 6].includes(new Date(at).getUTCDay()) ? 0.35 : 1;
    const part = back === 0 ? 0.55 : 1;
    for (const [place, key] of keys.entries()) {
      for (const [which, model] of ['llama-3.3-70b', 'qwen-2.5-coder-32b', 'mistral-small', 'bge-m3'].entries()) {
        if ((place + which) % 3 === 2) continue;
        const requests = Math.round(
          ((1800 * (0.6 + random() * 0.8)) / (place + 1.5) / (which + 1)) * weekend * part * (1 - back / 220),
        );
        rows.push({
          day: new Date(at).toISOString().slice(0, 10),
          key_hash: key['token'],
          key_alias: key['key_alias'],
          team_id: key['team_id'] ?? '',
          user_id: key['user_id'] ?? '',
          model,
          requests,
          failed_requests: Math.round(requests * random() * 0.02),
          prompt_tokens: requests * 620,
          completion_tokens: requests * (which === 3 ? 0 : 240),
          cost_usd: Math.round(requests * [0.0056, 0.0016, 0.00134, 0.000006][which]! * 1e6) / 1e6,
        });
      }
    }
  }
  return rows;
}

/** One request of the ledger, some seconds ago. */
export function requestRow(key: Row, place: number, random: () => number): Row {
  const isFailed = random() < 0.06;
  const startMs = nowMs - place * 1_370;
  const durationMs = isFailed ? 12 + random() * 40 : 180 + random() * 4_000;
  const completion = isFailed ? 0 : Math.round(20 + random() * 600);
  const model = ['llama-3.3-70b', 'llama-3.3-70b', 'qwen-2.5-coder-32b', 'mistral-small'][Math.floor(random() * 4)];
  return {
    request_id: hashOf(`request-${place}`).slice(0, 24),
    api_key: key['token'],
    startTime: new Date(startMs).toISOString(),
    endTime: new Date(startMs + durationMs).toISOString(),
    request_duration_ms: durationMs,
    model: `vllm/${model}`,
    model_group: model,
    prompt_tokens: Math.round(40 + random() * 1_800),
    completion_tokens: completion,
    total_tokens: completion + 100,
    spend: isFailed ? 0 : completion * 0.0000079,
    status: isFailed ? 'failure' : 'success',
    metadata: {
      user_api_key_alias: key['key_alias'],
      ...(isFailed && { error_information: { error_code: random() < 0.6 ? 'rate_limit_exceeded' : 'upstream_error' } }),
    },
  };
}

function auditRows(keys: readonly Row[]): Row[] {
  const entry = (at: string, action: string, entityId: unknown, change: { before?: Row; after?: Row }): Row => ({
    at,
    actor: action.startsWith('team') ? 'u-maria' : 'master',
    actor_role: 'admin',
    action,
    entity: action.split('.')[0],
    entity_id: entityId,
    before: change.before ?? null,
    after: change.after ?? null,
    request_id: 'request-1',
  });
  return [
    entry('2026-11-21T13:40:00Z', 'key.update', keys[0]!['token'], { before: { rpm_limit: 300 }, after: { rpm_limit: 600 } }),
    entry('2026-11-21T09:12:00Z', 'key.create', keys[6]!['token'], { after: { key_alias: 'translation', max_budget: 100e9 } }),
    entry('2026-11-20T16:31:00Z', 'team.update', 'support', { before: { max_budget: 300e9 }, after: { max_budget: 500e9 } }),
    entry('2026-11-19T08:02:00Z', 'key.rotate', keys[3]!['token'], {}),
    entry('2026-11-18T11:45:00Z', 'user.create', 'u-lena', { after: { user_role: 'internal_user' } }),
  ].map((row, at) => ({ id: 105 - at, ...row }));
}

/** A gateway's worth of data, the same in every run. `keyCount` keys beside the nine that have names. */
export function makeAdminData(keyCount = 240): AdminData {
  const random = numbersFrom(7);
  const named = names.map(([alias, team, user]) => keyRow(alias, { team, user }, random));
  named[5]!['blocked'] = true;
  named[7]!['expires'] = '2026-11-01T00:00:00Z';
  const others = Array.from({ length: keyCount }, (_, at) =>
    keyRow(`app-${String(at + 1).padStart(4, '0')}`, { team: at % 3 === 0 ? 'platform' : null, user: null }, random),
  );
  const keys = [...named, ...others];
  const teams = ['search', 'support', 'platform', 'research'].map((id, at) => ({
    team_id: id,
    team_alias: id,
    models: at === 3 ? ['llama-3.3-70b', 'qwen-2.5-coder-32b'] : [],
    members_with_roles: names
      .filter(([, team, user], place) => team === id && names.findIndex(([, t, u]) => t === id && u === user) === place)
      .map(([, , user], place) => ({ user_id: user, user_email: null, role: place === 0 ? 'admin' : 'user' })),
    blocked: false,
    spend: [212.4, 468.1, 61.25, 18.9][at],
    max_budget: [500, 500, 200, null][at],
    budget_duration: at === 3 ? null : '1mo',
    budget_reset_at: at === 3 ? null : '2026-12-01T00:00:00Z',
    rpm_limit: at === 1 ? 2_000 : null,
    tpm_limit: null,
    max_parallel_requests: null,
  }));
  const users = [...new Set(names.flatMap(([, , user]) => (user === null ? [] : [user])))].map((id, at) => ({
    user_id: id,
    user_email: `${id.slice(2)}@example.com`,
    user_alias: null,
    user_role: at === 0 ? 'proxy_admin' : 'internal_user',
    teams: [...new Set(names.filter(([, , user]) => user === id).map(([, team]) => team))],
    spend: [180.2, 350.75, 44.1, 18.9, 12][at],
    max_budget: at === 3 ? 50 : null,
    budget_duration: at === 3 ? '1mo' : null,
    created_at: new Date(nowMs - (at + 3) * 20 * dayMs).toISOString(),
  }));
  return {
    keys,
    teams,
    users,
    models: models.map(([name, upstream, baseUrl, input, output], at) => ({
      model_name: name,
      litellm_params: { model: upstream, ...(baseUrl !== null && { api_base: baseUrl }) },
      model_info: {
        id: `backend-${at}`,
        db_model: false,
        input_cost_per_token: input === null ? null : input / 1e6,
        output_cost_per_token: output === null ? null : output / 1e6,
      },
    })),
    spend: spendRows(named, random),
    requests: Array.from({ length: 140 }, (_, at) =>
      requestRow(named[Math.floor(random() * random() * named.length)]!, at, random),
    ),
    audit: auditRows(keys),
  };
}
