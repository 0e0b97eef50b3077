import { nearest } from './nearest.ts';

const modes = ['gateway', 'standby'] as const;

/** What `sluice serve` is: the gateway, or the responder that stands in for it where no host serves a model. */
export type Mode = (typeof modes)[number];

/** What the environment says of it, `SLUICE_MODE`. @throws Error that lists the known ones */
export function modeOf(variables: Readonly<Record<string, string | undefined>>): Mode {
  const text = variables['SLUICE_MODE'];
  if (text === undefined || text === '') return 'gateway';
  const known = modes.find((mode) => mode === text);
  if (known !== undefined) return known;
  const meant = nearest(text, modes);
  throw new Error(
    `SLUICE_MODE=${text}: there is no such mode${meant === undefined ? '' : `; did you mean "${meant}"?`} (known are ${modes.join(', ')})`,
  );
}

/** Origins that the standby responder lets pages call it from where no configuration names them, `SLUICE_CORS_ORIGINS`: comma-separated. */
export function corsOriginsOf(variables: Readonly<Record<string, string | undefined>>): string[] {
  return (variables['SLUICE_CORS_ORIGINS'] ?? '')
    .split(',')
    .map((origin) => origin.trim())
    .filter((origin) => origin !== '');
}
