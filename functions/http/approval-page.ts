import { approvalLines } from '@datasens/core/approval/approval-lines.ts';
import type { Approval } from '@datasens/core/audit/approval-row.ts';
import type { HttpAnswer } from '@datasens/core/http/answer.ts';
import { type Html, html } from './html.ts';
import { page } from './page.ts';

/** As T41 takes it. */
const LONGEST_COMMENT = 2_000;

/** A request as the one reads it who decides on it, whose form sends the decision to `decide`. */
export function requestPage(approval: Approval, approver: string, decide: string | undefined, now: Date): HttpAnswer {
  const form = decide === undefined ? html`<p>There is nothing to decide.</p>` : decisionForm(approver, decide);
  return page(200, `Approval ${approval.approvalId}`, html`<pre>${textOf(approval, now)}</pre>${form}`);
}

export function decidedPage(approval: Approval, isTold: boolean, now: Date): HttpAnswer {
  const told = isTold ? 'Whoever waits for it was told.' : 'Nobody waits for it.';
  return page(
    200,
    `Approval ${approval.approvalId}`,
    html`<p>It is decided. ${told}</p><pre>${textOf(approval, now)}</pre>`,
  );
}

function textOf(approval: Approval, now: Date): string {
  return approvalLines(approval, now).join('\n');
}

function decisionForm(approver: string, decide: string): Html {
  return html`<form method="post" action="${decide}">
<p>You decide as ${approver}, once and finally. A rejection says why.</p>
<p><label>Comment<br><textarea name="comment" rows="3" maxlength="${LONGEST_COMMENT}"></textarea></label></p>
<p><button name="decision" value="approved">Approve</button> <button name="decision" value="rejected">Reject</button></p>
</form>`;
}
