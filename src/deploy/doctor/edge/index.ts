import type { Check } from '../check.ts';
import { firewallCheck } from './firewall.ts';
import { integrationCheck } from './integration.ts';
import type { Edge } from './edge.ts';
import { vpcLinkCheck } from './vpc-link.ts';

/** What of the edge only AWS can tell. */
export const edgeChecks = (edge: Edge): Check[] => [integrationCheck(edge), firewallCheck(edge), vpcLinkCheck(edge)];
