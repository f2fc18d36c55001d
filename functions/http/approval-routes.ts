import { decideApproval } from '@datasens/core/approval/decide-approval.ts';
import { findApproval } from '@datasens/core/approval/find-approval.ts';
import { expectLink, type LinkMethod, signLink } from '@datasens/core/approval/link.ts';
import type { Config } from '@datasens/core/config.ts';
import { AppError } from '@datasens/core/errors.ts';
import { jsonAnswer } from '@datasens/core/http/answer.ts';
import { openDeps } from '@datasens/core/open-deps.ts';
import * as z from 'zod';
import { decidedPage, requestPage } from './approval-page.ts';
import { Count } from './query.ts';
import { type Asked, route } from './route.ts';
import { wantsPage } from './wants-page.ts';

const LinkQuery = z.strictObject({ approver: z.string(), expires: Count, signature: z.string() });
type LinkQuery = z.output<typeof LinkQuery>;

const PATH = '/approval/{id}';

/** Shows a request to the approver whom the link was signed for. Whoever looks at a link, a preview, too, decides nothing. */
const show = route({
  method: 'GET',
  path: PATH,
  caller: 'anybody',
  query: LinkQuery,
  async answer(call, asked) {
    const { settings, approvalId, approver } = holderOf(call.config, 'GET', asked);
    await using opened = await openDeps(call.config, call);
    const approval = await findApproval(opened.deps.db, approvalId);
    const now = opened.deps.now();
    const isOpen = approval.status === 'EN_ATTENTE' && now < new Date(approval.expiresAt);
    const decide = isOpen
      ? `?${signLink(settings, 'POST', { approvalId, approver, expires: asked.query.expires })}`
      : undefined;
    if (wantsPage(asked.headers)) return requestPage(approval, approver, decide, now);
    return jsonAnswer(200, { approval, decide: decide === undefined ? null : `/approval/${approvalId}${decide}` });
  },
});

/** Decides, by the link that showing it gave: the rules of T41 hold as for everybody. */
const decide = route({
  method: 'POST',
  path: PATH,
  caller: 'anybody',
  query: LinkQuery,
  forms: true,
  body: z.strictObject({
    decision: z.enum(['approved', 'rejected']),
    comment: z
      .string()
      .max(2_000)
      .transform((text) => text.trim() || undefined)
      .optional(),
  }),
  async answer(call, asked) {
    const { approvalId, approver } = holderOf(call.config, 'POST', asked);
    await using opened = await openDeps(call.config, call);
    const { deps } = opened;
    const decided = await decideApproval(deps, { ...asked.body, approvalId, user: approver });
    const { approval, changed, waiting } = decided;
    // The same again is done already; it is of use where whoever waits could not be told before.
    if (!changed && waiting !== 'told') {
      throw new AppError('Conflict', `${approver} has decided on approval ${approvalId} already: that is final`);
    }
    if (wantsPage(asked.headers)) return decidedPage(approval, waiting === 'told', deps.now());
    return jsonAnswer(200, { approval, changed, waiting });
  },
});

export const APPROVAL_ROUTES = [show, decide];

/** Before anything is opened: who has no link of ours is told nothing of what there is. Throws what `expectLink` throws. */
function holderOf(config: Config, method: LinkMethod, { path, query }: Asked<LinkQuery, unknown>) {
  const { links: settings } = config;
  const { success, data: approvalId } = Count.safeParse(path.id);
  if (!settings || !success) throw new AppError('NotAllowed', 'this link is not one of ours, or was altered');
  return { settings, approvalId, approver: expectLink(settings, method, { ...query, approvalId }, new Date()) };
}
