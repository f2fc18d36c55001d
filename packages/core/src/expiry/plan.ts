import type { DumpStatus } from '../audit/new-dump.ts';
import type { DumpPlace } from '../catalog/dump-place.ts';
import { CALENDAR, periodOf } from './calendar.ts';
import { isHeld } from './hold.ts';
import type { RetentionPolicy, RetentionRule } from './retention-policy.ts';

/** A dump that stands in T38, ACTIF or ARCHIVE, with what its journal says of it. */
export interface StandingDump {
  readonly dumpId: number;
  /** Nothing where it is not stored as our dumps are, or in another storage. */
  readonly place?: DumpPlace | undefined;
  readonly status: DumpStatus;
  readonly createdAt: Date;
  /** Its own legal term. */
  readonly expiresAt: Date | null;
  /** Whether the journal has its creation: a row that was put there by hand is no dump of ours. */
  readonly registered: boolean;
  /** Whether a restore of it has matched its proof. */
  readonly proven: boolean;
  /** Whether it was found corrupt, and not found whole since. */
  readonly damaged: boolean;
  /** As `isHeld` reads it. */
  readonly heldUntil: string | null;
}

/** `remove` is rotation, `expire` the end of a legal term. */
export type Action = 'keep' | 'archive' | 'remove' | 'expire';

export interface Decision {
  readonly action: Action;
  /** The name of the rule that it follows; nothing for a dump that no rule is about. */
  readonly rule?: string;
  /** Why: for a dump that stays, everything that keeps it. */
  readonly reasons: readonly string[];
  /** Of a `remove`: the dumps that must still stand when it is done, the newest whole one and the newest proven one. */
  readonly witnesses: readonly number[];
  /** The legal term, whichever comes first: its own or the rule's. */
  readonly term: Date | null;
}

export interface ExpiryPlan {
  /** What is to become of a dump. They are to come newest first, those of one time by the higher dump_id. */
  decide(dump: StandingDump): Decision;
  /** After the last: what a person is to know of lineages that are about to lose, or have lost, their last dump. */
  warnings(): string[];
}

/** How long before its end the legal term of a lineage's last dump is told of. */
const WARNED_BEFORE_MS = 7 * 86_400_000;

/** What has been seen of a lineage, from its newest dump on. */
interface Lineage {
  readonly name: string;
  newest?: number;
  newestWhole?: number;
  newestProven?: number;
  /** Whole dumps that stay or go by rotation: those that slots are counted by. */
  counted: number;
  readonly periods: { [period in (typeof CALENDAR)[number]]?: { last: string; count: number } };
  /** Of what stays, proven or whole, the one with the last term. */
  lastProven?: Survivor;
  lastWhole?: Survivor;
  /** The newest that its term has ended. */
  expiredProven?: number;
  expired?: number;
  /** Those that a hold keeps beyond their term. */
  overdue: number;
}

interface Survivor {
  readonly dumpId: number;
  /** In ms; Infinity for none. */
  readonly term: number;
}

/**
 * Decides on dump after dump, by the policy and the time alone, in memory that grows with the lineages and not with the
 * dumps. Every decision follows from newer dumps of the same lineage only, so that whatever is added meanwhile can but
 * let it keep more. It never removes the newest dump of a lineage, its newest whole one, or its newest proven one: only
 * a legal term ends those. Damaged dumps fill no slot.
 */
export function expiryPlan(policy: RetentionPolicy, now: Date): ExpiryPlan {
  const lineages = new Map<string, Lineage>();
  let previous = new Date(8.64e15);

  const lineageOf = ({ type, source, lineage }: DumpPlace): Lineage => {
    const name = `${type}/${source}/${lineage}`;
    const known = lineages.get(name) ?? { name, counted: 0, periods: {}, overdue: 0 };
    lineages.set(name, known);
    return known;
  };

  return {
    decide(dump) {
      if (dump.createdAt > previous) throw new Error(`dump ${dump.dumpId} is newer than the one before it`);
      previous = dump.createdAt;
      if (!dump.place) return untouched('it is not stored below dumps/ in this storage');
      if (!dump.registered) return untouched('the journal does not know of it');
      const rule = ruleFor(policy, dump.place);
      const lineage = lineageOf(dump.place);
      const decision = decide(dump, rule, lineage, now);
      note(lineage, dump, decision, now);
      return decision;
    },
    warnings: () => [...lineages.values()].flatMap((lineage) => warningsOf(lineage, now)),
  };
}

function untouched(reason: string): Decision {
  return { action: 'keep', reasons: [reason], witnesses: [], term: null };
}

/** The first rule that matches, as the policy's last one always does. */
export function ruleFor({ rules }: RetentionPolicy, { type, source, lineage }: DumpPlace): RetentionRule {
  const found = rules.find(
    ({ match }) =>
      (match.type ?? type) === type &&
      (match.source ?? source) === source &&
      (match.lineage ?? lineage) === lineage &&
      (match.purpose === undefined || match.purpose === lineage || lineage.startsWith(`${match.purpose}-tables-`)),
  );
  if (!found) throw new Error('a policy ends in a rule that matches everything');
  return found;
}

/** The end of the legal term, by the dump itself or by the rule, whichever comes first. */
export function termOf({ createdAt, expiresAt }: Pick<StandingDump, 'createdAt' | 'expiresAt'>, rule: RetentionRule) {
  const terms = [
    ...(expiresAt ? [expiresAt.getTime()] : []),
    ...(rule.expireAfterMs === undefined ? [] : [createdAt.getTime() + rule.expireAfterMs]),
  ];
  return terms.length > 0 ? new Date(Math.min(...terms)) : null;
}

function decide(dump: StandingDump, rule: RetentionRule, lineage: Lineage, now: Date): Decision {
  const term = termOf(dump, rule);
  const decision = { rule: rule.name, witnesses: [], term };
  const held = isHeld(dump.heldUntil, now);
  const hold = held ? [`held until ${dump.heldUntil === 'released' ? 'it is released' : dump.heldUntil}`] : [];
  if (term && term <= now) {
    const ended = `its legal term ended on ${term.toISOString()}`;
    // A hold that would outlive a term is refused; a term that came later is for a person to decide.
    return held
      ? { ...decision, action: 'keep', reasons: [...hold, `but ${ended}: release it, or lengthen the term`] }
      : { ...decision, action: 'expire', reasons: [ended] };
  }
  const reasons = [...hold, ...keptBy(dump, rule, lineage, now)];
  if (reasons.length === 0) {
    const witnesses = new Set([lineage.newestWhole ?? lineage.newest, lineage.newestProven]);
    const beyond = `no longer kept by the rule ${rule.name}`;
    return {
      ...decision,
      action: 'remove',
      reasons: [beyond],
      witnesses: [...witnesses].filter((id) => id !== undefined),
    };
  }
  const old = rule.archiveAfterMs !== undefined && now.getTime() - dump.createdAt.getTime() >= rule.archiveAfterMs;
  // In another class it would be another version, which no lock of the store holds.
  if (!old || dump.status !== 'ACTIF' || dump.damaged || held) return { ...decision, action: 'keep', reasons };
  return { ...decision, action: 'archive', reasons };
}

/** All that keeps a dump from rotation. */
function keptBy(dump: StandingDump, rule: RetentionRule, lineage: Lineage, now: Date): string[] {
  const { createdAt, damaged } = dump;
  const reasons: string[] = [];
  if (rule.keepLast !== undefined && lineage.counted < rule.keepLast) {
    reasons.push(
      damaged ? `damaged, among the last ${rule.keepLast}` : `${lineage.counted + 1} of the last ${rule.keepLast}`,
    );
  }
  for (const period of damaged ? [] : CALENDAR) {
    const most = rule[period];
    const seen = lineage.periods[period];
    const its = periodOf(period, createdAt);
    if (most === undefined || seen?.last === its || (seen && seen.count >= most)) continue;
    reasons.push(`the newest of ${its} (${period})`);
  }
  if (rule.keepWithinMs !== undefined && now.getTime() - createdAt.getTime() < rule.keepWithinMs) {
    reasons.push(`younger than ${rule.keepWithinMs / 86_400_000} days`);
  }
  if (lineage.newest === undefined) reasons.push('the newest of its lineage');
  else if (!damaged && lineage.newestWhole === undefined) reasons.push('the newest whole one of its lineage');
  if (isProof(dump) && lineage.newestProven === undefined) reasons.push('the newest proven one of its lineage');
  return reasons;
}

function isProof({ proven, damaged }: StandingDump): boolean {
  return proven && !damaged;
}

function note(lineage: Lineage, dump: StandingDump, { action, term }: Decision, now: Date): void {
  const { dumpId, damaged, createdAt } = dump;
  if (action === 'expire') {
    if (isProof(dump)) lineage.expiredProven ??= dumpId;
    lineage.expired ??= dumpId;
    return;
  }
  lineage.newest ??= dumpId;
  if (damaged) return;
  lineage.newestWhole ??= dumpId;
  if (isProof(dump)) lineage.newestProven ??= dumpId;
  lineage.counted += 1;
  for (const period of CALENDAR) {
    const its = periodOf(period, createdAt);
    const seen = lineage.periods[period];
    if (seen?.last !== its) lineage.periods[period] = { last: its, count: (seen?.count ?? 0) + 1 };
  }
  if (action === 'remove') return;
  if (term && term <= now) lineage.overdue += 1;
  const survivor = { dumpId, term: term?.getTime() ?? Number.POSITIVE_INFINITY };
  const later = (known: Survivor | undefined) => (known && known.term >= survivor.term ? known : survivor);
  lineage.lastWhole = later(lineage.lastWhole);
  if (isProof(dump)) lineage.lastProven = later(lineage.lastProven);
}

function warningsOf(lineage: Lineage, now: Date): string[] {
  const { name, overdue } = lineage;
  const held = `${overdue} of ${name} are held beyond their legal term: release them, or lengthen the term`;
  return [...(overdue > 0 ? [held] : []), ...lossesOf(lineage, now)];
}

function lossesOf({ name, lastProven, lastWhole, expiredProven, expired }: Lineage, now: Date): string[] {
  const over = (dumpId: number) => `dump ${dumpId} was the last, and its legal term is over`;
  if (!lastWhole) return expired === undefined ? [] : [`no whole dump of ${name} is left: ${over(expired)}`];
  const soon = ({ term }: Survivor) => term <= now.getTime() + WARNED_BEFORE_MS;
  const ending = (what: string, { dumpId, term }: Survivor) =>
    `dump ${dumpId} is the ${what} of ${name}, and its legal term ends on ${new Date(term).toISOString()}: make another`;
  if (soon(lastWhole)) return [ending('last dump', lastWhole)];
  if (lastProven) return soon(lastProven) ? [ending('last proven dump', lastProven)] : [];
  return expiredProven === undefined ? [] : [`no proven dump of ${name} is left: ${over(expiredProven)}`];
}
