import { z } from 'zod';
import { limitShape } from './limits.ts';
import { adminRequest } from './request-schema.ts';
import { flag, name, optionalName, usd } from './values.ts';

const customerShape = {
  ...limitShape,
  user_id: name,
  alias: optionalName.optional(),
  blocked: flag.optional(),
  budget_id: optionalName.optional(),
  spend: usd.optional(),
};

/** `POST /customer/new` */
export const newCustomerRequest = adminRequest('NewCustomerRequest', customerShape);
/** `POST /customer/update` */
export const updateCustomerRequest = adminRequest('UpdateCustomerRequest', customerShape);
/** `POST /customer/delete`, `/block`, `/unblock` */
export const customersReference = z.looseObject({ user_ids: z.array(name).min(1).max(1_000) }).meta({ id: 'CustomersReference' });

export type CustomerBody = z.output<typeof newCustomerRequest>;

export const customerRow = z
  .looseObject({ user_id: z.string(), alias: z.string().nullable(), blocked: z.boolean(), spend: z.number() })
  .meta({ id: 'CustomerRow' });
export const customerListAnswer = z.array(customerRow).meta({ id: 'CustomerList' });
export const blockedCustomersAnswer = z.object({ blocked_users: z.array(customerRow) }).meta({ id: 'BlockedCustomers' });
export const deletedCustomersAnswer = z
  .object({ deleted_customers: z.int(), message: z.string() })
  .meta({ id: 'DeletedCustomers' });
