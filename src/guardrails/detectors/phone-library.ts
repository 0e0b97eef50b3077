import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** The library of phone numbers. It is loaded at the first number that it must judge: it takes tens of milliseconds, and most gateways do without. */
export function phoneLibrary(): typeof import('libphonenumber-js/max') {
  return require('libphonenumber-js/max') as typeof import('libphonenumber-js/max');
}
