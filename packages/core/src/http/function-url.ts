import * as z from 'zod';
import type { HttpAnswer } from './answer.ts';

/** A function takes no body that is larger; Lambda itself takes 6 MB (Lambda quotas). */
export const MAX_BODY_BYTES = 1_048_576;

/**
 * A request to a function URL, as far as we read it: payload format 2.0 (Lambda Developer Guide, "Invoking Lambda function
 * URLs", "Request payload format"). Headers have lower-case names; those that came twice are joined by commas.
 */
export const UrlEvent = z.object({
  rawPath: z.string(),
  rawQueryString: z.string().default(''),
  headers: z.record(z.string(), z.string().optional()).default({}),
  requestContext: z.object({
    http: z.object({ method: z.string() }),
    /** Present where AWS has checked the caller's signature, or a host the caller's token. */
    authorizer: z.object({ iam: z.object({ userArn: z.string().min(1) }) }).optional(),
  }),
  body: z.string().optional(),
  isBase64Encoded: z.boolean().default(false),
});
export type UrlEvent = z.output<typeof UrlEvent>;

/** The same guide, "Response payload format". */
export const UrlResult = z.object({
  statusCode: z.int().min(200).max(599),
  headers: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)).default({}),
  body: z.string().default(''),
  isBase64Encoded: z.boolean().default(false),
});

export function urlResult({ status, headers, body }: HttpAnswer): z.input<typeof UrlResult> {
  return { statusCode: status, headers: { ...headers }, body, isBase64Encoded: false };
}
