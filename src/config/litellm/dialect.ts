const marks: readonly unknown[] = ['model_list', 'litellm_settings', 'router_settings', 'general_settings'];

/** Whether a file with these keys at its top is one of LiteLLM's. */
export function isLitellmFile(keys: readonly unknown[]): boolean {
  return keys.some((key) => marks.includes(key));
}
