import type { Queryable } from '../postgres/database.ts';
import { type ApprovalChanges, readChanges } from './approval-changes.ts';
import { APPROVAL_TABLE } from './tables.ts';

/** What an approval is for, and how `t41_approbation.type` names it. */
export const APPROVAL_KINDS = { import: 'IMPORT', restore: 'RESTAURATION', step: 'ETAPE' } as const;
export type ApprovalKind = keyof typeof APPROVAL_KINDS;

/**
 * - `EN_ATTENTE` nobody has decided; from `expiresAt` on nobody may
 * - `APPROUVE`   another person has said yes; it may be used, once
 * - `REFUSE`     another person has said no
 * - `UTILISE`    what it was given for used it
 * - `ANNULE`     void: what was about to happen was not what it was given for, or it was not used in time
 */
export type ApprovalStatus = 'EN_ATTENTE' | 'APPROUVE' | 'REFUSE' | 'UTILISE' | 'ANNULE';

/** A row of T41, without the token of the state that waits: that is a secret. */
export interface Approval {
  readonly approvalId: number;
  readonly kind: ApprovalKind;
  /** `database.schema.table`, or `host:port/database`. */
  readonly target: string;
  /** Of the file or the dump, lower-case hex. */
  readonly sha256: string;
  /** `schemaFingerprint` of the target's tables; empty where there were none. */
  readonly fingerprint: string;
  /** Of the file or the dump; null where nobody counted them. */
  readonly rows: number | null;
  readonly columns: number | null;
  /** Null where somebody has edited the row into what cannot be read. */
  readonly changes: ApprovalChanges | null;
  readonly requestedBy: string;
  /** This, and the other times: ISO 8601 UTC. */
  readonly requestedAt: string;
  readonly expiresAt: string;
  readonly status: ApprovalStatus;
  readonly decidedBy: string | null;
  readonly decidedAt: string | null;
  readonly comment: string | null;
  /** Of a workflow: the one that asks, and the only one that may use it. */
  readonly execution: string | null;
  /** The execution, or the attempt of a job, that has used it. */
  readonly usedBy: string | null;
  /** Why it is void. */
  readonly voidBecause: string | null;
}

const COLUMNS = `
  approbation_id as "approvalId",
  case type ${Object.entries(APPROVAL_KINDS)
    .map(([kind, name]) => `when '${name}' then '${kind}'`)
    .join(' ')} end as kind,
  cible as target, checksum_sha256 as sha256, empreinte_schema as fingerprint, lignes as rows, colonnes as columns,
  changements as changes, demandeur as "requestedBy", date_demande as "requestedAt", date_expiration as "expiresAt",
  statut as status, decideur as "decidedBy", date_decision as "decidedAt", commentaire as comment, execution,
  utilise_par as "usedBy", motif_annulation as "voidBecause"`;

/** The rows that `clause` (everything after `from t41_approbation`) selects. */
export async function selectApprovals(db: Queryable, clause: string, params: readonly unknown[]): Promise<Approval[]> {
  const { rows } = await db.query<Omit<Approval, 'changes'> & { changes: string }>(
    `select ${COLUMNS} from ${APPROVAL_TABLE} ${clause}`,
    params,
  );
  return rows.map(({ changes, ...row }) => ({ ...row, changes: readChanges(changes) }));
}
