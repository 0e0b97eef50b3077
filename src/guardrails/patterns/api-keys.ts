/** A form of key: the characters that it begins with, and what must follow them. */
interface KeyForm {
  issuer: string;
  prefix: string;
  rest: string;
  /** What else must hold, for forms that words could take as well. */
  isRandom?: true;
}

/** Longer keys are matched up to here. */
const MOST = 250;
const rest = (least: number, characters = '[A-Za-z0-9_-]'): string => `${characters}{${least},${MOST}}`;

/** The well-known forms, by their issuers' documentation and secret-scanning patterns. Prefixes that begin alike stand longest first. */
export const API_KEY_FORMS: readonly KeyForm[] = [
  { issuer: 'Anthropic', prefix: 'sk-ant-', rest: rest(20) },
  { issuer: 'OpenRouter', prefix: 'sk-or-v1-', rest: rest(32, '[0-9a-f]') },
  { issuer: 'OpenAI', prefix: 'sk-(?:proj|svcacct|admin)-', rest: rest(20) },
  { issuer: 'OpenAI, LiteLLM, Sluice', prefix: 'sk-', rest: rest(20), isRandom: true },
  { issuer: 'GitHub', prefix: 'gh[pousr]_', rest: rest(36, '[A-Za-z0-9]') },
  { issuer: 'GitHub', prefix: 'github_pat_', rest: rest(40, '[A-Za-z0-9_]') },
  { issuer: 'GitLab', prefix: 'gl(?:pat|ptt|dt|rt|cbt|oas|ft|soat|imt|agent)-', rest: rest(20, '[A-Za-z0-9_.-]') },
  { issuer: 'Slack', prefix: 'xox[abeoprs](?:\\.xox[bp])?-', rest: rest(10, '[A-Za-z0-9-]') },
  { issuer: 'Slack', prefix: 'xapp-', rest: rest(20, '[A-Za-z0-9-]') },
  { issuer: 'Stripe', prefix: '[rs]k_(?:live|test)_', rest: rest(16, '[A-Za-z0-9]') },
  { issuer: 'Stripe', prefix: 'whsec_', rest: rest(24, '[A-Za-z0-9]') },
  { issuer: 'Google', prefix: 'AIza', rest: '[A-Za-z0-9_-]{35}' },
  { issuer: 'Google', prefix: 'GOCSPX-', rest: rest(24) },
  { issuer: 'Hugging Face', prefix: 'hf_', rest: rest(30, '[A-Za-z0-9]') },
  { issuer: 'npm', prefix: 'npm_', rest: rest(36, '[A-Za-z0-9]') },
  { issuer: 'PyPI', prefix: 'pypi-AgE', rest: rest(40) },
  { issuer: 'SendGrid', prefix: 'SG\\.', rest: '[A-Za-z0-9_-]{16,32}\\.[A-Za-z0-9_-]{16,64}' },
  { issuer: 'Twilio', prefix: 'SK', rest: '[0-9a-f]{32}' },
  { issuer: 'Groq', prefix: 'gsk_', rest: rest(40, '[A-Za-z0-9]') },
  { issuer: 'xAI', prefix: 'xai-', rest: rest(40, '[A-Za-z0-9]') },
  { issuer: 'Replicate', prefix: 'r8_', rest: rest(30, '[A-Za-z0-9]') },
  { issuer: 'Perplexity', prefix: 'pplx-', rest: rest(32, '[A-Za-z0-9]') },
  { issuer: 'DigitalOcean', prefix: 'do[opr]_v1_', rest: rest(40, '[0-9a-f]') },
  { issuer: 'Shopify', prefix: 'shp(?:at|ca|pa|ss)_', rest: rest(32, '[0-9a-fA-F]') },
];
