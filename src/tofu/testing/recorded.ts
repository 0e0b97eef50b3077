import { readFileSync } from 'node:fs';

/**
 * What OpenTofu 1.12.6 with AWS provider 5.100.0 said, against moto 5.2: `.jsonl` with `-json`, `.txt` without. Names of the machine were
 * replaced. Made by: a backend whose bucket or table is missing, a second plan during an apply, keys without a policy, and so on.
 */
export const recorded = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');
