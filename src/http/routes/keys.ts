import { deleteKeys } from '../../admin/delete-keys.ts';
import { generateKey, generateServiceKey } from '../../admin/generate-key.ts';
import { keyInfo, listKeys } from '../../admin/read-keys.ts';
import { rotateKey } from '../../admin/rotate-key.ts';
import type { AdminServices } from '../../admin/services.ts';
import { setKeyBlocked, updateKey } from '../../admin/update-key.ts';
import {
  deletedKeysAnswer,
  deleteKeysRequest,
  generateKeyRequest,
  keyInfoAnswer,
  keyListAnswer,
  keyReference,
  keyRow,
  newKeyAnswer,
  regenerateKeyRequest,
  updatedKeyAnswer,
  updateKeyRequest,
} from '../../wire/admin/key.ts';
import { keyInfoQuery, keyListQuery } from '../../wire/admin/query.ts';
import { readRoute, writeRoute } from '../admin-route.ts';
import type { RouteDefinition } from '../route.ts';

const keys = { tag: 'keys', access: 'management' } as const;

/** Keys: made, limited, rotated, blocked, deleted, shown. */
export function keyRoutes(services: AdminServices): RouteDefinition[] {
  return [...makeRoutes(services), ...changeRoutes(services), ...readRoutes(services)];
}

function makeRoutes(services: AdminServices): RouteDefinition[] {
  return [
    writeRoute({
      ...keys,
      paths: ['/key/generate'],
      summary: 'Make a key; the only answer that shows it',
      body: generateKeyRequest,
      answer: newKeyAnswer,
      run: (caller, body) => generateKey(services, caller, body),
    }),
    writeRoute({
      ...keys,
      paths: ['/key/service-account/generate'],
      summary: 'Make a key that belongs to a team and to no user',
      body: generateKeyRequest,
      answer: newKeyAnswer,
      run: (caller, body) => generateServiceKey(services, caller, body),
    }),
    writeRoute({
      ...keys,
      paths: ['/key/:key/regenerate', '/key/regenerate'],
      documentedPath: '/key/{key}/regenerate',
      summary: 'Replace a key by a new one; the old one may be taken for a while yet',
      body: regenerateKeyRequest,
      isBodyOptional: true,
      answer: newKeyAnswer,
      run: (caller, body, { key }) => rotateKey(services, caller, { named: key ?? null, body }),
    }),
  ];
}

function changeRoutes(services: AdminServices): RouteDefinition[] {
  return [
    writeRoute({
      ...keys,
      paths: ['/key/update'],
      summary: 'Change fields of a key; null takes a limit away',
      body: updateKeyRequest,
      answer: updatedKeyAnswer,
      run: (caller, body) => updateKey(services, caller, body),
    }),
    writeRoute({
      ...keys,
      paths: ['/key/delete'],
      summary: 'Delete keys: all that are named, or none',
      body: deleteKeysRequest,
      answer: deletedKeysAnswer,
      run: (caller, body) => deleteKeys(services, caller, body),
    }),
    ...[true, false].map((blocked) =>
      writeRoute({
        ...keys,
        paths: [blocked ? '/key/block' : '/key/unblock'],
        summary: blocked ? 'Refuse a key until it is unblocked' : 'Let a blocked key in again',
        body: keyReference,
        answer: keyRow,
        run: (caller, { key }) => setKeyBlocked(services, caller, { key, blocked }),
      }),
    ),
  ];
}

function readRoutes(services: AdminServices): RouteDefinition[] {
  return [
    readRoute({
      ...keys,
      paths: ['/key/info'],
      summary: 'One key; without a name the caller’s own',
      query: keyInfoQuery,
      answer: keyInfoAnswer,
      run: (caller, { key }) => keyInfo(services, caller, key),
    }),
    readRoute({
      ...keys,
      paths: ['/key/list'],
      summary: 'One page of the keys that the caller sees',
      query: keyListQuery,
      answer: keyListAnswer,
      run: (caller, query) => listKeys(services, caller, query),
    }),
  ];
}
