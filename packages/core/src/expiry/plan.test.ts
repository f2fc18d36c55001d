import { afterEach, describe, expect, test } from 'vitest';
import { randomNumbers } from '../import/csv/test-table.ts';
import { CALENDAR, periodOf } from './calendar.ts';
import { type Decision, expiryPlan, type StandingDump } from './plan.ts';
import type { RetentionPolicy, RetentionRule } from './retention-policy.ts';
import { DAY_MS, policyOf, standing } from './test-dumps.ts';

const NOW = new Date('2026-11-27T00:30:00Z');
const daysAgo = (days: number) => new Date(NOW.getTime() - days * DAY_MS);

type Planned = Decision & { readonly dump: StandingDump };

function planAll(dumps: readonly StandingDump[], policy: RetentionPolicy, now = NOW) {
  const plan = expiryPlan(policy, now);
  const sorted = dumps.toSorted((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || b.dumpId - a.dumpId);
  const decisions: Planned[] = sorted.map((dump) => ({ ...plan.decide(dump), dump }));
  return { decisions, warnings: plan.warnings() };
}

function idsOf(decisions: readonly Planned[], action: Decision['action']): number[] {
  return decisions.filter((decision) => decision.action === action).map(({ dump }) => dump.dumpId);
}

describe('of any dumps and any rule', () => {
  const worlds = Array.from({ length: 400 }, (_, seed) => randomWorld(seed));

  test('exactly those stay that some clause of the rule keeps, or that are the last of their kind', () => {
    for (const { seed, dumps, rule } of worlds) {
      const { decisions } = planAll(dumps, policyOf(rule));
      const stays = decisions.filter(({ action }) => action === 'keep' || action === 'archive');
      expect(stays.map(({ dump }) => dump.dumpId).toSorted(), `seed ${seed}`).toEqual(
        [...keptByDefinition(dumps, rule)].toSorted(),
      );
    }
  });

  test('a term ends all and only those that no hold keeps', () => {
    for (const { seed, dumps, rule } of worlds) {
      const { decisions } = planAll(dumps, policyOf(rule));
      const over = dumps.filter((dump) => isOver(dump, rule) && !isHeld(dump)).map(({ dumpId }) => dumpId);
      expect(idsOf(decisions, 'expire').toSorted(), `seed ${seed}`).toEqual(over.toSorted());
    }
  });

  test('rotation leaves each lineage its newest proven and its newest whole dump, and what a removal relies on', () => {
    for (const { seed, dumps, rule } of worlds) {
      const { decisions } = planAll(dumps, policyOf(rule));
      const gone = new Set([...idsOf(decisions, 'remove'), ...idsOf(decisions, 'expire')]);
      for (const [, of] of Map.groupBy(decisions, ({ dump }) => dump.place?.lineage)) {
        const standingOnes = of.filter(({ action }) => action !== 'expire').map(({ dump }) => dump);
        if (standingOnes.length === 0) continue;
        const whole = standingOnes.filter(({ damaged }) => !damaged);
        const last = [standingOnes[0], whole[0], whole.find(({ proven }) => proven)];
        for (const dump of last) if (dump) expect(gone, `seed ${seed}`).not.toContain(dump.dumpId);
      }
      for (const { witnesses, action } of decisions) {
        if (action === 'remove') expect(witnesses.length, `seed ${seed}`).toBeGreaterThan(0);
        for (const id of witnesses) expect(gone, `seed ${seed}`).not.toContain(id);
      }
    }
  });

  test('once it is carried out nothing more goes, until time passes', () => {
    for (const { seed, dumps, rule } of worlds) {
      const { decisions } = planAll(dumps, policyOf(rule));
      const left = decisions.filter(({ action }) => action === 'keep' || action === 'archive').map(({ dump }) => dump);
      const again = planAll(left, policyOf(rule)).decisions;
      expect([...idsOf(again, 'remove'), ...idsOf(again, 'expire')], `seed ${seed}`).toEqual([]);
    }
  });

  test('damaged dumps, and those of other purposes, change nothing for the others', () => {
    for (const { seed, dumps, rule } of worlds) {
      const of = (some: readonly StandingDump[]) =>
        new Map(planAll(some, policyOf(rule)).decisions.map(({ dump, action }) => [dump.dumpId, action]));
      const all = of(dumps);
      const whole = dumps.filter(({ damaged }) => !damaged);
      for (const [id, action] of of(whole)) expect(all.get(id), `seed ${seed}, dump ${id}`).toBe(action);
      const scheduled = dumps.filter(({ place }) => place?.lineage === 'scheduled');
      for (const [id, action] of of(scheduled)) expect(all.get(id), `seed ${seed}, dump ${id}`).toBe(action);
    }
  });
});

test('a flood of new dumps pushes none out that is younger than keepWithin', () => {
  const flood = Array.from({ length: 5_000 }, (_, at) => standing(1_000 + at, new Date(NOW.getTime() - at * 1_000)));
  const old = [standing(1, daysAgo(29.9)), standing(2, daysAgo(30.1))];
  const { decisions } = planAll([...flood, ...old], policyOf({ keepLast: 7, keepWithinMs: 30 * DAY_MS }));
  expect(idsOf(decisions, 'remove')).toEqual([2]);
});

test('the first rule that matches counts', () => {
  const policy: RetentionPolicy = {
    ...policyOf({}),
    rules: [
      { name: 'one table', match: { lineage: 'manual-tables-0123456789ab' }, keepLast: 1 },
      { name: 'by hand', match: { purpose: 'manual' }, keepLast: 2 },
      { name: 'crm', match: { type: 'SQL', source: 'crm' }, keepLast: 3 },
      { name: 'rest', match: {}, keepLast: 4 },
    ],
  };
  const rules = ['manual-tables-0123456789ab', 'manual-tables-ffffffffffff', 'manual', 'scheduled'].map(
    (lineage, at) => expiryPlan(policy, NOW).decide(standing(at, NOW, { lineage })).rule,
  );
  expect(rules).toEqual(['one table', 'by hand', 'by hand', 'rest']);
});

test('what is not stored as our dumps are, or unknown to the journal, stays, and fills no slot', () => {
  const strange = [
    standing(9, daysAgo(0), { place: undefined }),
    standing(8, daysAgo(1), { registered: false, proven: true }),
  ];
  const { decisions } = planAll(
    [...strange, standing(7, daysAgo(2)), standing(6, daysAgo(3))],
    policyOf({ keepLast: 1 }),
  );
  expect(decisions.map(({ dump, action }) => [dump.dumpId, action])).toEqual([
    [9, 'keep'],
    [8, 'keep'],
    [7, 'keep'],
    [6, 'remove'],
  ]);
});

test('what is old enough is archived once, and not when it is damaged', () => {
  const dumps = [
    standing(5, daysAgo(1)),
    standing(4, daysAgo(30)),
    standing(3, daysAgo(31), { status: 'ARCHIVE' }),
    standing(2, daysAgo(32), { damaged: true }),
  ];
  const { decisions } = planAll(dumps, policyOf({ keepLast: 9, archiveAfterMs: 30 * DAY_MS }));
  expect(decisions.map(({ action }) => action)).toEqual(['keep', 'archive', 'keep', 'keep']);
});

test('a decision has its reasons', () => {
  const rule = { keepLast: 1, daily: 2, weekly: 1, keepWithinMs: DAY_MS };
  const { decisions } = planAll(
    [
      standing(4, daysAgo(0.01), { heldUntil: 'released' }),
      standing(3, daysAgo(0.5), { proven: true }),
      standing(2, daysAgo(2)),
      standing(1, daysAgo(3), { expiresAt: daysAgo(1) }),
    ],
    policyOf(rule),
  );
  expect(decisions.map(({ reasons }) => reasons)).toEqual([
    [
      'held until it is released',
      '1 of the last 1',
      'the newest of 2026-11-27 (daily)',
      'the newest of 2026-W48 (weekly)',
      'younger than 1 days',
      'the newest of its lineage',
    ],
    ['the newest of 2026-11-26 (daily)', 'younger than 1 days', 'the newest proven one of its lineage'],
    ['no longer kept by the rule test'],
    ['its legal term ended on 2026-11-26T00:30:00.000Z'],
  ]);
});

describe('warnings', () => {
  const warn = (...dumps: StandingDump[]) => planAll(dumps, policyOf({ keepLast: 7 })).warnings;
  const inDays = (days: number) => ({ expiresAt: daysAgo(-days) });

  test('days before the term of the last proven dump ends, and of the last dump', () => {
    expect(warn(standing(2, daysAgo(1)), standing(1, daysAgo(2), { proven: true, ...inDays(6) }))).toEqual([
      'dump 1 is the last proven dump of SQL/default/scheduled, and its legal term ends on 2026-12-03T00:30:00.000Z: make another',
    ]);
    expect(warn(standing(1, daysAgo(2), inDays(6)))).toEqual([expect.stringMatching(/^dump 1 is the last dump of /)]);
  });

  test('none while another one stays, or there is time', () => {
    const proven = { proven: true };
    expect(warn(standing(1, daysAgo(2), { ...proven, ...inDays(8) }))).toEqual([]);
    expect(warn(standing(2, daysAgo(1), { ...proven, ...inDays(1) }), standing(1, daysAgo(2), proven))).toEqual([]);
  });

  test('after the last one went', () => {
    const over = { proven: true, expiresAt: daysAgo(1) };
    expect(warn(standing(2, daysAgo(1)), standing(1, daysAgo(91), over))).toEqual([
      'no proven dump of SQL/default/scheduled is left: dump 1 was the last, and its legal term is over',
    ]);
    expect(warn(standing(1, daysAgo(91), over))).toEqual([
      expect.stringMatching(/^no whole dump of .* is left: dump 1/),
    ]);
  });

  test('a hold beyond the term', () => {
    const held = standing(1, daysAgo(91), { heldUntil: 'released', expiresAt: daysAgo(1) });
    expect(warn(standing(2, daysAgo(1)), held)).toEqual([
      expect.stringMatching(/^1 of SQL\/default\/scheduled are held/),
    ]);
  });
});

describe('the calendar', () => {
  const zone = process.env.TZ;
  afterEach(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });

  test.for(['UTC', 'Pacific/Kiritimati', 'America/Los_Angeles'])('is that of UTC, in the time zone %s', (name) => {
    process.env.TZ = name;
    const of = (time: string) => CALENDAR.map((period) => periodOf(period, new Date(time)));
    expect(of('2026-11-26T23:59:59.999Z')).toEqual(['2026-11-26', '2026-W48', '2026-11', '2026']);
    expect(of('2027-01-01T00:00:00Z')).toEqual(['2027-01-01', '2026-W53', '2027-01', '2027']);
    expect(of('2024-12-30T12:00:00Z')).toEqual(['2024-12-30', '2025-W01', '2024-12', '2024']);
    expect(of('2023-01-01T12:00:00Z')).toEqual(['2023-01-01', '2022-W52', '2023-01', '2023']);
  });

  test('the order of arrival is the caller’s duty', () => {
    const plan = expiryPlan(policyOf({ keepLast: 1 }), NOW);
    plan.decide(standing(1, daysAgo(2)));
    expect(() => plan.decide(standing(2, daysAgo(1)))).toThrow('newer than the one before');
  });
});

interface World {
  readonly seed: number;
  readonly dumps: readonly StandingDump[];
  readonly rule: Partial<RetentionRule>;
}

function randomWorld(seed: number): World {
  const random = randomNumbers(seed);
  const chance = (share: number) => random() < share;
  const upTo = (most: number) => 1 + Math.floor(random() * most);
  const span = upTo(700);
  const dumps = Array.from({ length: Math.floor(random() * 40) }, (_, at) => {
    // Some at one time, and some of a clock that is ahead.
    const createdAt = chance(0.1) ? daysAgo(5) : daysAgo(random() * span - 1);
    return standing(at + 1, createdAt, {
      lineage: chance(0.7) ? 'scheduled' : 'manual',
      proven: chance(0.2),
      damaged: chance(0.15),
      heldUntil: chance(0.1) ? 'released' : chance(0.1) ? daysAgo(random() * 2 - 1).toISOString() : null,
      expiresAt: chance(0.3) ? new Date(createdAt.getTime() + upTo(span) * DAY_MS) : null,
    });
  });
  const maybe = <T>(value: T) => (chance(0.4) ? value : undefined);
  const rule = {
    keepLast: maybe(upTo(7)),
    daily: maybe(upTo(7)),
    weekly: maybe(upTo(5)),
    monthly: maybe(upTo(12)),
    yearly: maybe(upTo(3)),
    keepWithinMs: maybe(upTo(60) * DAY_MS),
    expireAfterMs: chance(0.2) ? upTo(400) * DAY_MS : undefined,
    archiveAfterMs: maybe(upTo(100) * DAY_MS),
  };
  return { seed, dumps, rule };
}

function isHeld({ heldUntil }: StandingDump): boolean {
  return heldUntil === 'released' || (heldUntil !== null && new Date(heldUntil) > NOW);
}

function isOver({ createdAt, expiresAt }: StandingDump, { expireAfterMs }: Partial<RetentionRule>): boolean {
  const age = NOW.getTime() - createdAt.getTime();
  return (expiresAt !== null && expiresAt <= NOW) || (expireAfterMs !== undefined && age >= expireAfterMs);
}

/** What stays, written down as sets over the whole lineage rather than as a walk. */
function keptByDefinition(dumps: readonly StandingDump[], rule: Partial<RetentionRule>): Set<number> {
  const kept = new Set<number>();
  const keep = (some: readonly (StandingDump | undefined)[]) => {
    for (const dump of some) if (dump) kept.add(dump.dumpId);
  };
  for (const [, all] of Map.groupBy(dumps, ({ place }) => place?.lineage)) {
    const left = all
      .filter((dump) => isHeld(dump) || !isOver(dump, rule))
      .toSorted((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || b.dumpId - a.dumpId);
    const whole = left.filter(({ damaged }) => !damaged);
    keep(left.filter(isHeld));
    keep([left[0], whole[0], whole.find(({ proven }) => proven)]);
    if (rule.keepLast !== undefined) {
      keep(whole.slice(0, rule.keepLast));
      const behind = whole[rule.keepLast - 1];
      keep(left.filter((dump) => dump.damaged && (!behind || left.indexOf(dump) < left.indexOf(behind))));
    }
    for (const period of CALENDAR) {
      const groups = [...Map.groupBy(whole, ({ createdAt }) => periodOf(period, createdAt)).values()];
      keep(groups.slice(0, rule[period] ?? 0).map(([newest]) => newest));
    }
    const { keepWithinMs = 0 } = rule;
    keep(left.filter(({ createdAt }) => NOW.getTime() - createdAt.getTime() < keepWithinMs && rule.keepWithinMs));
  }
  return kept;
}
