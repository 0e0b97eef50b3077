/** What a GPU host is told, with values of the usual shapes. */
export function hostEnvironment(): Record<string, string> {
  const registry = '111122223333.dkr.ecr.us-east-1.amazonaws.com/llm-dev-gpu';
  return {
    LLM_NAME: 'llm-dev-gpu',
    LLM_ENVIRONMENT: 'dev',
    LLM_REGION: 'us-east-1',
    LLM_ASG_NAME: 'llm-dev-gpu-fleet',
    LLM_LIFECYCLE_HOOK: 'llm-dev-gpu-ready',
    LLM_GATEWAY_IMAGE: `${registry}/gateway@sha256:${'a'.repeat(64)}`,
    LLM_ENGINE_IMAGE: `${registry}/engine@sha256:${'b'.repeat(64)}`,
    LLM_WEIGHTS_URI:
      's3://llm-dev-gpu-artifacts/weights/microsoft--Phi-3-mini-4k-instruct@0a67737cc96d2554230f90338b163bc6380a2a85',
    LLM_WEIGHTS_SHA256: 'c'.repeat(64),
    LLM_COMPILE_CACHE_URI: `s3://llm-dev-gpu-artifacts/compile-cache/${'b'.repeat(64)}`,
    LLM_MODEL_NAME: 'microsoft/Phi-3-mini-4k-instruct',
    LLM_SERVED_MODEL_NAME: 'phi-3-mini',
    LLM_MAX_MODEL_LEN: '4096',
    LLM_KEYS_SECRET_ARN: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:llm-dev-gpu-keys-AbCdEf',
    LLM_GATEWAY_LOG_GROUP: '/llm/llm-dev-gpu/gateway',
    LLM_ENGINE_LOG_GROUP: '/llm/llm-dev-gpu/engine',
    LLM_HOST_LOG_GROUP: '/llm/llm-dev-gpu/host',
    LLM_REQUEST_TIMEOUT_MS: '30000',
    LLM_RATE_LIMIT_PER_IP: '100',
    LLM_CORS_ORIGIN: 'https://d111111abcdef8.cloudfront.net',
  };
}
