import { newUser } from '../../admin/make-user.ts';
import type { AdminServices } from '../../admin/services.ts';
import { deleteUsers, listUsers, updateUser, userInfo } from '../../admin/users.ts';
import { userInfoQuery, userListQuery } from '../../wire/admin/query.ts';
import {
  deletedCount,
  deleteUsersRequest,
  newUserAnswer,
  newUserRequest,
  updatedUserAnswer,
  updateUserRequest,
  userInfoAnswer,
  userListAnswer,
} from '../../wire/admin/user.ts';
import { readRoute, writeRoute } from '../admin-route.ts';
import type { RouteDefinition } from '../route.ts';

const users = { tag: 'users', access: 'management' } as const;

/** Users: people and services that own keys. */
export function userRoutes(services: AdminServices): RouteDefinition[] {
  return [
    writeRoute({
      ...users,
      paths: ['/user/new'],
      summary: 'Make a user, and a key along with it',
      body: newUserRequest,
      answer: newUserAnswer,
      run: (caller, body) => newUser(services, caller, body),
    }),
    writeRoute({
      ...users,
      paths: ['/user/update'],
      summary: 'Change fields of a user; null takes a limit away',
      body: updateUserRequest,
      answer: updatedUserAnswer,
      run: (caller, body) => updateUser(services, caller, body),
    }),
    writeRoute({
      ...users,
      paths: ['/user/delete'],
      summary: 'Delete users with their keys: all that are named, or none',
      body: deleteUsersRequest,
      answer: deletedCount,
      run: (caller, { user_ids }) => deleteUsers(services, caller, user_ids),
    }),
    readRoute({
      ...users,
      paths: ['/user/info'],
      summary: 'A user with its keys and teams; without an id the caller’s own',
      query: userInfoQuery,
      answer: userInfoAnswer,
      run: (caller, { user_id }) => userInfo(services, caller, user_id),
    }),
    readRoute({
      ...users,
      paths: ['/user/list'],
      summary: 'One page of the users that the caller sees',
      query: userListQuery,
      answer: userListAnswer,
      run: (caller, query) => listUsers(services, caller, query),
    }),
  ];
}
