import { ORIGIN_HASH } from './journal-event.ts';
import type { JournalHead } from './journal-store.ts';
import type { Link } from './link.ts';
import type { Problem } from './problems.ts';

export type Report = (problem: Problem) => void;

/** Follows the chain of one side, database or bucket, and reports where it breaks. */
export interface ChainSide {
  /** The next event in order. `alone`: the other side does not have it. */
  follow(seq: number, link: Link, alone: boolean): void;
  /** Everything was followed: the chain must have come as far as `upTo`. */
  end(upTo: number): void;
  /** The last event that took its place in the chain. */
  lastSeq(): number;
}

export function chainSide(where: Problem['where'], head: JournalHead, report: Report): ChainSide {
  let last = { seq: 0, hash: ORIGIN_HASH, intact: true };

  return {
    follow(seq, link, alone) {
      const gap = seq !== last.seq + 1;
      const follows = !gap && link.previousHash === last.hash;
      // Nobody of ours leaves such an event: beyond the head an object is a row's copy, and a row follows the tail.
      if (seq < 1 || (alone && seq > head.seq && !(link.intact && follows))) {
        report({
          seq,
          kind: 'inserted',
          where,
          message: 'not appended by datasens: it does not follow the event before',
        });
        return;
      }
      if (gap)
        report({ seq: last.seq + 1, ...span(last.seq + 1, seq - 1), kind: 'removed', where, message: 'missing' });
      if (!link.intact) {
        report({ seq, kind: 'changed', where, message: 'its content does not have its hash' });
      } else if (!gap && !follows && last.intact) {
        // Sound in itself, but its successor knew it with another hash.
        const seqOfBreak = Math.max(last.seq, 1);
        report({
          seq: seqOfBreak,
          kind: 'changed',
          where,
          message: 'the chain breaks here: content and hash were written anew',
        });
      }
      last = { seq, hash: link.hash, intact: link.intact };
    },
    end(upTo) {
      if (upTo <= last.seq) return;
      report({
        seq: last.seq + 1,
        ...span(last.seq + 1, upTo),
        kind: 'cut-off',
        where,
        message: 'missing, and nothing follows',
      });
    },
    lastSeq: () => last.seq,
  };
}

function span(from: number, to: number): { until?: number } {
  return to > from ? { until: to } : {};
}
