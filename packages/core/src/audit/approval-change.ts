import * as z from 'zod';
import { AppError } from '../errors.ts';
import { ApprovalChanges, changesText } from './approval-changes.ts';
import { APPROVAL_KINDS, type ApprovalKind } from './approval-row.ts';
import { type Change, timestampText } from './change.ts';
import { APPROVAL_TABLE } from './tables.ts';

/** VARCHAR counts characters, not UTF-16 units. */
const text = (limit: number) =>
  z
    .string()
    .refine((value) => value.isWellFormed() && !value.includes('\0'), 'holds NUL or half a surrogate pair')
    .refine((value) => [...value].length <= limit, `is longer than ${limit} characters`);
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 in lower-case hex');

/** Who asks, decides or acts. */
const Person = text(100).min(1);

/** A request for approval. What is too long is refused: nothing is ever cut but the lines on the schema. */
const NewApproval = z.object({
  approvalId: z.int().positive(),
  kind: z.enum(Object.keys(APPROVAL_KINDS) as [ApprovalKind]),
  target: text(500).min(1),
  sha256: Sha256,
  fingerprint: z.union([z.literal(''), Sha256]),
  rows: z.int().nonnegative().nullable(),
  columns: z.int().nonnegative().max(0x7f_ff_ff_ff).nullable(),
  changes: ApprovalChanges,
  requestedBy: Person,
  requestedAt: z.date(),
  expiresAt: z.date(),
  execution: text(100).min(1).nullable(),
});
export type NewApproval = z.input<typeof NewApproval>;

/** The row of a request, without the token: that is no part of any change. Throws `InvalidInput` with every problem. */
export function requestChange(approval: NewApproval): Change {
  const { approvalId, kind, ...request } = parse(NewApproval, approval);
  return {
    table: APPROVAL_TABLE,
    op: 'insert',
    row: {
      approbation_id: approvalId,
      type: APPROVAL_KINDS[kind],
      cible: request.target,
      checksum_sha256: request.sha256,
      empreinte_schema: request.fingerprint,
      lignes: request.rows,
      colonnes: request.columns,
      changements: changesText(request.changes),
      demandeur: request.requestedBy,
      date_demande: timestampText(request.requestedAt),
      date_expiration: timestampText(request.expiresAt),
      statut: 'EN_ATTENTE',
      decideur: null,
      date_decision: null,
      commentaire: null,
      execution: request.execution,
      utilise_par: null,
      motif_annulation: null,
    },
  };
}

const Decision = z.object({
  status: z.enum(['APPROUVE', 'REFUSE']),
  by: Person,
  at: z.date(),
  comment: text(2_000).min(1).nullable(),
});

/** Throws `InvalidInput` with every problem. */
export function decisionChange(approvalId: number, decision: z.input<typeof Decision>): Change {
  const { status, by, at, comment } = parse(Decision, decision);
  return updateOf(approvalId, {
    statut: status,
    decideur: by,
    date_decision: timestampText(at),
    commentaire: comment,
  });
}

/** Throws `InvalidInput` for a name that the column does not take. */
export function useChange(approvalId: number, usedBy: string): Change {
  return updateOf(approvalId, { statut: 'UTILISE', utilise_par: parse(Person, usedBy) });
}

export function voidChange(approvalId: number, because: string): Change {
  return updateOf(approvalId, { statut: 'ANNULE', motif_annulation: because });
}

function updateOf(approvalId: number, row: Change['row']): Change {
  return { table: APPROVAL_TABLE, op: 'update', row: { approbation_id: approvalId, ...row } };
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  throw new AppError('InvalidInput', `the approval cannot be recorded\n${z.prettifyError(error)}`);
}
