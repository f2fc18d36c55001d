/** Conditions on T39, as idx_dump_evenement_approbation has them: events that are about an approval, and about which. */
export const APPROVAL_EVENTS = `evenement in ('DEMANDE', 'APPROUVE', 'REFUSE', 'UTILISE', 'ANNULE')`;
export const APPROVAL_ID = `(substring(detail from '"approval":([0-9]{1,15})')::bigint)`;
