import type { Approval } from '../audit/approval-row.ts';

const KINDS = { import: 'import into', restore: 'restore into', step: 'guarded step on' } as const;

/** `import into crm.gold.sales`. */
export function subjectOf({ kind, target }: Approval): string {
  return `${KINDS[kind]} ${target}`;
}

/** An approval as one decides on it: who asks, for what, what changes, until when. */
export function approvalLines(approval: Approval, now: Date): string[] {
  const { approvalId, sha256, fingerprint, requestedBy, requestedAt, execution, changes } = approval;
  const asked = execution === null ? requestedBy : `${requestedBy} (execution ${execution})`;
  return [
    `approval ${approvalId}: ${subjectOf(approval)}`,
    `  asked    by ${asked} at ${requestedAt}`,
    `  ${standingOf(approval, now)}`,
    `  content  ${contentOf(approval)}, SHA-256 ${sha256}`,
    ...(fingerprint === '' ? ['  target   has none of the tables yet'] : []),
    ...(changes === null ? ['  changes  cannot be read: datasens journal verify'] : changeLines(changes)),
  ];
}

function standingOf({ status, expiresAt, decidedBy, decidedAt, comment, usedBy, voidBecause }: Approval, now: Date) {
  const decided = `by ${decidedBy} at ${decidedAt}${comment === null ? '' : `: ${comment}`}`;
  switch (status) {
    case 'EN_ATTENTE':
      return now < new Date(expiresAt) ? `until    ${expiresAt}` : `expired  at ${expiresAt}, undecided`;
    case 'APPROUVE':
      return `approved ${decided}`;
    case 'REFUSE':
      return `rejected ${decided}`;
    case 'UTILISE':
      return `used     by ${usedBy}; approved ${decided}`;
    case 'ANNULE':
      return `void     ${voidBecause}`;
  }
}

function contentOf({ rows, columns }: Approval): string {
  return `${rows ?? 'uncounted'} rows of ${columns ?? 'uncounted'} columns`;
}

function changeLines({
  doing,
  schema,
  schemaCount = 0,
  rowsBefore,
  rowsAfter,
}: NonNullable<Approval['changes']>): string[] {
  const counts = rowsBefore === null && rowsAfter === null ? [] : [`rows ${rowsBefore ?? '?'} -> ${rowsAfter ?? '?'}`];
  const told = [...(doing === '' ? [] : [doing]), ...counts];
  const more =
    schemaCount > schema.length ? [`           and ${schemaCount - schema.length} more changes of the schema`] : [];
  return [
    `  changes  ${told.length > 0 ? told.join(', ') : 'nobody said'}${schemaCount === 0 ? ', no change of the schema' : ''}`,
    ...schema.map((line) => `           ${line}`),
    ...more,
  ];
}
