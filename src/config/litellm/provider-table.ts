import type { BackendInput } from './translation.ts';

/** What a prefix of LiteLLM's model names becomes. */
export interface ProviderRow {
  provider: BackendInput['provider'];
  /** Where it is unless `api_base` or a variable says otherwise; null: one of them must. */
  baseUrl: string | null;
  baseVariables: readonly string[];
  keyVariables: readonly string[];
  /** Whether nothing works there without a key. */
  needsKey: boolean;
  /** LiteLLM speaks this server's own API, whose address lacks the `/v1` of the OpenAI wire. */
  addsVersion?: boolean;
}

const hosted = (baseUrl: string, keyVariables: readonly string[], baseVariables: readonly string[]): ProviderRow => ({
  provider: 'openai',
  baseUrl,
  baseVariables,
  keyVariables,
  needsKey: true,
});
const own = (provider: ProviderRow['provider'], name: string, baseUrl: string | null): ProviderRow => ({
  provider,
  baseUrl,
  baseVariables: [`${name}_API_BASE`],
  keyVariables: [`${name}_API_KEY`],
  needsKey: false,
});

const openai = hosted('https://api.openai.com/v1', ['OPENAI_API_KEY'], ['OPENAI_BASE_URL', 'OPENAI_API_BASE']);
const vllm = own('vllm', 'HOSTED_VLLM', null);
const ollama: ProviderRow = { ...own('ollama', 'OLLAMA', 'http://localhost:11434/v1'), addsVersion: true };

/** Prefixes that work: all of them speak the OpenAI wire. Addresses and variables are LiteLLM's. */
export const supportedProviders: Readonly<Record<string, ProviderRow>> = {
  openai,
  custom_openai: openai,
  'text-completion-openai': openai,
  hosted_vllm: vllm,
  vllm,
  llamafile: own('openai', 'LLAMAFILE', 'http://127.0.0.1:8080/v1'),
  lm_studio: own('openai', 'LM_STUDIO', null),
  litellm_proxy: own('openai', 'LITELLM_PROXY', null),
  ollama,
  ollama_chat: ollama,
  groq: hosted('https://api.groq.com/openai/v1', ['GROQ_API_KEY'], ['GROQ_API_BASE']),
  mistral: hosted('https://api.mistral.ai/v1', ['MISTRAL_API_KEY'], ['MISTRAL_API_BASE']),
  codestral: hosted('https://codestral.mistral.ai/v1', ['CODESTRAL_API_KEY'], ['CODESTRAL_API_BASE']),
  deepseek: hosted('https://api.deepseek.com/beta', ['DEEPSEEK_API_KEY'], ['DEEPSEEK_API_BASE']),
  together_ai: hosted(
    'https://api.together.xyz/v1',
    ['TOGETHER_API_KEY', 'TOGETHER_AI_API_KEY', 'TOGETHERAI_API_KEY', 'TOGETHER_AI_TOKEN'],
    ['TOGETHER_AI_API_BASE'],
  ),
  openrouter: hosted('https://openrouter.ai/api/v1', ['OPENROUTER_API_KEY', 'OR_API_KEY'], ['OPENROUTER_API_BASE']),
  xai: hosted('https://api.x.ai/v1', ['XAI_API_KEY'], ['XAI_API_BASE']),
  perplexity: hosted('https://api.perplexity.ai', ['PERPLEXITYAI_API_KEY', 'PERPLEXITY_API_KEY'], ['PERPLEXITY_API_BASE']),
  deepinfra: hosted('https://api.deepinfra.com/v1/openai', ['DEEPINFRA_API_KEY'], ['DEEPINFRA_API_BASE']),
  cerebras: hosted('https://api.cerebras.ai/v1', ['CEREBRAS_API_KEY'], ['CEREBRAS_API_BASE']),
  sambanova: hosted('https://api.sambanova.ai/v1', ['SAMBANOVA_API_KEY'], ['SAMBANOVA_API_BASE']),
  nvidia_nim: hosted('https://integrate.api.nvidia.com/v1', ['NVIDIA_NIM_API_KEY'], ['NVIDIA_NIM_API_BASE']),
  volcengine: hosted('https://ark.cn-beijing.volces.com/api/v3', ['VOLCENGINE_API_KEY'], ['VOLCENGINE_API_BASE']),
  meta_llama: hosted('https://api.llama.com/compat/v1', ['LLAMA_API_KEY'], ['LLAMA_API_BASE']),
};

const through = (address: string) => `the seller has an OpenAI-shaped endpoint: write openai/<model> with api_base: ${address}`;

/** Prefixes that do not work yet, and what to use instead. */
export const refusedProviders: Readonly<Record<string, string>> = {
  anthropic: `Anthropic’s own wire is not built yet; ${through('https://api.anthropic.com/v1')}`,
  bedrock: `Bedrock is not built yet; ${through('https://bedrock-runtime.<region>.amazonaws.com/openai/v1')} and a Bedrock API key`,
  bedrock_converse: `Bedrock is not built yet; ${through('https://bedrock-runtime.<region>.amazonaws.com/openai/v1')} and a Bedrock API key`,
  azure: `Azure’s own wire is not built yet; ${through('https://<resource>.openai.azure.com/openai/v1')} and the deployment as the model`,
  azure_ai: `Azure’s own wire is not built yet; ${through('https://<resource>.services.ai.azure.com/openai/v1')} and the deployment as the model`,
  gemini: `Gemini’s own wire is not built; ${through('https://generativelanguage.googleapis.com/v1beta/openai')}`,
  vertex_ai:
    'Vertex AI is not built; put a server that speaks the OpenAI wire in front and write openai/<model> with its api_base',
  sagemaker: 'SageMaker is not built; serve the model with vLLM and write hosted_vllm/<model> with its api_base',
  sagemaker_chat: 'SageMaker is not built; serve the model with vLLM and write hosted_vllm/<model> with its api_base',
  cohere: `Cohere’s own wire is not built; ${through('https://api.cohere.ai/compatibility/v1')}`,
  huggingface: `Hugging Face’s own wire is not built; ${through('https://router.huggingface.co/v1')}`,
};

/** Names that LiteLLM takes for OpenAI’s without a prefix. */
export const bareOpenaiName = /^(gpt-|chatgpt-|o\d|text-embedding-|ft:gpt|davinci-|babbage-)/;
