import { type HoldResult, holdDump } from '@datasens/core/expiry/hold-dump.ts';
import { readPolicy } from '@datasens/core/expiry/read-policy.ts';
import { type Command, Option } from 'commander';
import { openContext } from './context.ts';
import { interruption } from './interruption.ts';
import { printJson, printLines } from './output.ts';
import { parseMoment } from './parse-moment.ts';

interface HoldOptions {
  release?: boolean;
  until?: Date;
  json?: boolean;
}

export function addHold(program: Command): void {
  program
    .command('hold')
    .description('keep a dump from rotation, or let it go again')
    .argument('<dump>', 'a dump_id, a key or a URI')
    .option('--release', 'end the hold')
    .addOption(
      new Option('--until <day>', 'when it ends by itself: 2026-12-31, which is 00:00 UTC, or 2026-12-31T18:00Z')
        .argParser(parseMoment)
        .conflicts('release'),
    )
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
A held dump is not rotated away, whatever the rules say. A hold that would outlive the dump's legal term is refused: a
dump with one is held until a day before that.

  $ datasens hold 12
  $ datasens hold 12 --release`,
    )
    .action(async (dump: string, { release = false, until, json }: HoldOptions) => {
      await using context = await openContext(interruption());
      const { deps, config, user } = context;
      const policy = await readPolicy(config.retention);
      const result = await holdDump(deps, { dump, policy, release, until, user });
      if (json) printJson(toJson(result));
      else printLines(toText(result));
    });
}

function toJson({ dump, heldUntil, changed, locked, mirrorError }: HoldResult) {
  const until = heldUntil === 'released' ? null : heldUntil;
  const { dumpId, key } = dump;
  const warnings = mirrorError ? [`the journal's mirror is behind: ${String(mirrorError)}`] : [];
  return { dumpId, key, held: heldUntil !== null, until, changed, locked, warnings };
}

function toText({ dump: { dumpId }, heldUntil, changed, locked }: HoldResult): string {
  if (heldUntil === null) return changed ? `dump ${dumpId} rotates again` : `dump ${dumpId} was not held`;
  const until = heldUntil === 'released' ? 'until it is released' : `until ${heldUntil}`;
  return `dump ${dumpId} is held ${until}${changed ? '' : ', as it was'}${locked ? ', by the storage, too' : ''}`;
}
