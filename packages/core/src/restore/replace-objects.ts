import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { AppError } from '../errors.ts';
import { findMissing, type InventoryItem, takeInventory } from '../postgres/object-inventory.ts';
import { readScript } from '../postgres/plain-script.ts';
import type { PsqlSession } from '../postgres/psql-session.ts';
import { type DatabaseTarget, describeTarget } from '../postgres/target.ts';

/** Parts of relations, which go with them. As statements of their own they fail where a partition has inherited them. */
const PARTS = /^DROP (?:INDEX|TRIGGER|RULE|POLICY|STATISTICS|USER MAPPING)\b/;
const LARGE_OBJECT = /^SELECT PG_CATALOG \. LO_UNLINK\b/i;
const LONGEST_SHOWN = 20;

/**
 * What drops the objects of an archive, from the script in `file` that `pg_restore --clean --if-exists`
 * wrote. Its own way, statement by statement, fails on partitions that inherited a key, and on views that it must first
 * make anew; so each object is dropped with all that hangs on it, and what does not come back is found afterwards: see
 * `expectNothingMissing`.
 */
export async function readDrops(file: string): Promise<Buffer[]> {
  const statements: Buffer[] = [];
  for await (const piece of readScript(createReadStream(file))) {
    if (piece.kind !== 'statement') continue;
    const { bytes, outline } = piece;
    // The script first drops everything, then creates: what follows is not wanted.
    if (/^CREATE (?!OR REPLACE VIEW)/.test(outline)) break;
    if (LARGE_OBJECT.test(outline) || outline.startsWith('SET ')) statements.push(bytes);
    else if (outline.startsWith('DROP ') && !PARTS.test(outline)) statements.push(cascading(bytes));
  }
  return statements;
}

/** As bytes, in whatever encoding the archive has. */
function cascading(statement: Buffer): Buffer {
  // A shell type's drop has it already.
  if (statement.toString('latin1').trimEnd().endsWith(' CASCADE;')) return statement;
  return Buffer.concat([statement.subarray(0, statement.lastIndexOf(';')), Buffer.from(' CASCADE;')]);
}

/** Runs the statements as what they are, a script from outside. */
export async function dropObjects(psql: PsqlSession, statements: readonly Buffer[]): Promise<void> {
  const key = randomBytes(16).toString('hex');
  await psql.run((pipe, signal) => pipe.write(script(), signal));

  async function* script() {
    yield Buffer.from(`\\restrict ${key}\n`);
    for (const statement of statements) yield Buffer.concat([statement, Buffer.from('\n')]);
    yield Buffer.from(`\\unrestrict ${key}\n`);
  }
}

/**
 * Throws `Conflict` with what the drops took along and the archive does not bring back: what depends on the dump's
 * objects and is not in the dump. Nothing outside of the dump is ever cascaded away.
 */
export async function expectNothingMissing(
  psql: PsqlSession,
  before: readonly InventoryItem[],
  target: DatabaseTarget,
  { early }: { readonly early: boolean },
): Promise<void> {
  const missing = findMissing(before, await takeInventory(psql), { early });
  if (missing.length === 0) return;
  throw new AppError(
    'Conflict',
    `${describeTarget(target)} holds objects that depend on what the dump replaces, and are not in the dump: ` +
      `${missing.slice(0, LONGEST_SHOWN).join('; ')}${missing.length > LONGEST_SHOWN ? '; …' : ''}. ` +
      `Drop them, or dump them too, and restore again`,
    { blockers: missing },
  );
}
