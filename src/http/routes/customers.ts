import { z } from 'zod';
import {
  customerInfo,
  deleteCustomers,
  listCustomers,
  newCustomer,
  setCustomersBlocked,
  updateCustomer,
} from '../../admin/customers.ts';
import type { AdminServices } from '../../admin/services.ts';
import {
  blockedCustomersAnswer,
  customerListAnswer,
  customerRow,
  customersReference,
  deletedCustomersAnswer,
  newCustomerRequest,
  updateCustomerRequest,
} from '../../wire/admin/customer.ts';
import { customerInfoQuery } from '../../wire/admin/query.ts';
import { readRoute, writeRoute } from '../admin-route.ts';
import type { RouteDefinition } from '../route.ts';

const customers = { tag: 'customers', access: 'admin' } as const;
const paths = (action: string): [string, string] => [`/customer/${action}`, `/end_user/${action}`];

/** Customers: limits of end users, the `user` of requests. */
export function customerRoutes(services: AdminServices): RouteDefinition[] {
  return [...changeRoutes(services), ...readRoutes(services)];
}

function changeRoutes(services: AdminServices): RouteDefinition[] {
  return [
    writeRoute({
      ...customers,
      paths: paths('new'),
      summary: 'Make limits for an end user',
      body: newCustomerRequest,
      answer: customerRow,
      run: (caller, body) => newCustomer(services, caller, body),
    }),
    writeRoute({
      ...customers,
      paths: paths('update'),
      summary: 'Change the limits of an end user',
      body: updateCustomerRequest,
      answer: customerRow,
      run: (caller, body) => updateCustomer(services, caller, body),
    }),
    writeRoute({
      ...customers,
      paths: paths('delete'),
      summary: 'Delete the limits of end users',
      body: customersReference,
      answer: deletedCustomersAnswer,
      run: (caller, { user_ids }) => deleteCustomers(services, caller, user_ids),
    }),
    ...[true, false].map((blocked) =>
      writeRoute({
        ...customers,
        paths: paths(blocked ? 'block' : 'unblock'),
        summary: blocked ? 'Refuse requests for end users' : 'Take requests for blocked end users again',
        body: customersReference,
        answer: blockedCustomersAnswer,
        run: (caller, { user_ids }) => setCustomersBlocked(services, caller, { ids: user_ids, blocked }),
      }),
    ),
  ];
}

function readRoutes(services: AdminServices): RouteDefinition[] {
  return [
    readRoute({
      ...customers,
      paths: paths('info'),
      summary: 'The limits and spend of an end user',
      query: customerInfoQuery,
      answer: customerRow,
      run: (caller, { end_user_id }) => customerInfo(services, caller, end_user_id),
    }),
    readRoute({
      ...customers,
      paths: paths('list'),
      summary: 'Every end user that has limits',
      query: z.object({}),
      answer: customerListAnswer,
      run: (caller) => listCustomers(services, caller),
    }),
  ];
}
