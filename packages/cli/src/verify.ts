import { verifyDump } from '@datasens/core/dump/verify-dump.ts';
import type { Command } from 'commander';
import { openContext } from './context.ts';
import { interruption } from './interruption.ts';
import { formatBytes, printJson, printLines } from './output.ts';
import { progressLine } from './progress.ts';

export function addVerify(program: Command): void {
  program
    .command('verify')
    .description('read a dump back and compare it with what was committed')
    .argument('<dump>', 'a dump_id, a key or a URI')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Compares the manifest with the journal, the audit row with the manifest, and every byte with its SHA-256; where
DATASENS_IDENTITY opens an encrypted dump, what it decrypts to as well. What it finds is journalled. Exit status 1 when anything is missing, cut short or altered.

  $ datasens verify 12`,
    )
    .action(async (dump: string, options: { json?: boolean }) => {
      await using context = await openContext(interruption());
      using progress = progressLine();
      const result = await verifyDump(context.deps, { dump, user: context.user, onProgress: progress.show });
      progress[Symbol.dispose]();
      const { dumpId, key, sha256 } = result.dump;
      const { objects, sizeBytes, decrypted } = result;
      if (options.json) printJson({ dumpId, key, sha256, objects, sizeBytes, decrypted, verified: true });
      else
        printLines(
          `dump ${dumpId} is intact: ${objects} objects, ${formatBytes(sizeBytes)} read back${how(decrypted)}`,
        );
    });
}

function how(decrypted: boolean | null): string {
  if (decrypted === null) return '';
  return decrypted ? ' and decrypted' : ' as they are stored, encrypted';
}
