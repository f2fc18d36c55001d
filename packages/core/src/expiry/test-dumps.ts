import type { StandingDump } from './plan.ts';
import { DEFAULT_POLICY, type RetentionPolicy, type RetentionRule } from './retention-policy.ts';

export const DAY_MS = 86_400_000;

/** A dump as the plan is given it; `lineage` as in its key. */
export function standing(
  dumpId: number,
  createdAt: Date | string,
  { lineage = 'scheduled', ...overrides }: Partial<StandingDump> & { readonly lineage?: string } = {},
): StandingDump {
  return {
    dumpId,
    place: { prefix: `dumps/SQL/default/${lineage}/t-${dumpId}/`, type: 'SQL', source: 'default', lineage },
    status: 'ACTIF',
    createdAt: new Date(createdAt),
    expiresAt: null,
    registered: true,
    proven: false,
    damaged: false,
    heldUntil: null,
    ...overrides,
  };
}

/** The policy of one rule for everything. */
export function policyOf(rule: Partial<RetentionRule>): RetentionPolicy {
  return { ...DEFAULT_POLICY, rules: [{ name: 'test', match: {}, ...rule }] };
}
