import type { Answer } from './endpoint.ts';

/** Whether an answer came through API Gateway, by the headers that it adds to each. */
export function isFromApiGateway({ headers }: Answer): boolean {
  return headers['x-amz-apigw-id'] !== undefined || headers['x-amzn-requestid'] !== undefined;
}
