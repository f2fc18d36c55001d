import { rewriteCatalogue } from '@datasens/core/audit/mirror-journal.ts';
import { type RebuildResult, rebuild } from '@datasens/core/rebuild/rebuild.ts';
import type { Command } from 'commander';
import { openContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { interruption } from './interruption.ts';
import { printJson, printLines } from './output.ts';

interface RebuildOptions {
  dryRun?: boolean;
  despiteDamage?: boolean;
  json?: boolean;
}

export function addCatalog(program: Command): void {
  const catalog = program.command('catalog').description('what the bucket says of the audit, by itself');
  catalog
    .command('rebuild')
    .description('restore the audit from the bucket alone into an empty audit database')
    .option('--dry-run', 'only tell what would be restored, and what is damaged')
    .option('--despite-damage', 'restore what is sound, and journal what is lost')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
For an audit database that is lost: set AUDIT_DATABASE_URL to a new one. Dumps, imports, approvals, statuses, certificates
and the journal come from journal/, tombstones/ and the manifests in the storage; all of it, or nothing. Run again, it
goes on where it was. Exit status 1 when a dump in the storage could not be registered.

  $ datasens catalog rebuild --dry-run
  $ datasens catalog rebuild`,
    )
    .action(async ({ dryRun = false, despiteDamage = false, json }: RebuildOptions) => {
      await using context = await openContext(interruption(), { catchUp: false });
      const result = await rebuild(context.deps, { dryRun, despiteDamage, user: context.user });
      if (result.refusedCount > 0) process.exitCode = EXIT.failed;
      if (json) printJson(result);
      else printLines(...toText(result, dryRun));
    });
  catalog
    .command('write')
    .description('write the whole of catalog/ anew, where somebody has edited or removed it')
    .option('--json', 'print one JSON document')
    .action(async ({ json }: { json?: boolean }) => {
      await using context = await openContext(interruption());
      const objects = await rewriteCatalogue(context.deps);
      if (json) printJson({ objects });
      else printLines(`the catalogue is written: ${objects} objects`);
    });
}

const OUTCOMES = { rebuilt: 'restored', planned: 'would be restored', complete: 'all there already' } as const;

function toText(result: RebuildResult, dryRun: boolean): string[] {
  const { outcome, events, dumps, imports, approvals, legacyRows, adopted, refused, refusedCount, damage } = result;
  const { fromTombstones } = result;
  const more = (count: number, shown: number) => (count > shown ? [`  and ${count - shown} more`] : []);
  const counted = [`${events} events`, `${dumps} dumps and imports`, `${imports} entries of the ledger`];
  if (approvals > 0) counted.push(`${approvals} approvals`);
  const lines = [`${OUTCOMES[outcome]}: ${counted.join(', ')}`];
  if (damage.count > 0) {
    lines.push(`damaged: ${damage.count}`, ...damage.places.map(({ key, because }) => `  ${key} ${because}`));
    lines.push(...more(damage.count, damage.places.length));
  }
  if (fromTombstones > 0) lines.push(`taken from tombstones: ${fromTombstones} events`);
  if (adopted > 0) lines.push(`${dryRun ? 'to register' : 'registered'} from manifests: ${adopted}`);
  if (refusedCount > 0) {
    lines.push(`not registered: ${refusedCount}`, ...refused.map(({ prefix, because }) => `  ${prefix}: ${because}`));
    lines.push(...more(refusedCount, refused.length));
  }
  if (legacyRows > 0) lines.push(`not restored: ${legacyRows} rows older than the journal, which catalog/dumps/ shows`);
  return lines;
}
