import { isAppError } from '@datasens/core/errors.ts';
import { rowsOf } from '@datasens/core/postgres/compare-proof.ts';
import { restoreTest, type TestedLineage } from '@datasens/core/restore/restore-test.ts';
import type { Command } from 'commander';
import { embeddedTarget, logToStderr, openContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { interruption } from './interruption.ts';
import { printJson, printLines } from './output.ts';
import { progressLine } from './progress.ts';

export function addRestoreTest(program: Command): void {
  program
    .command('restore-test')
    .description('restore the newest dump of each lineage into a scratch database, and hold it against its proof')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Every scratch database is dropped again. The server is the one of DATASENS_SCRATCH_URL, or the embedded PostgreSQL; the
role must be allowed to create databases. A plain dump needs a role that is no superuser. Exit status 1 when a dump
could not be proven.`,
    )
    .action(async (options: { json?: boolean }) => {
      const signal = interruption();
      await using context = await openContext(signal);
      using progress = progressLine();
      const { deps, config, user } = context;
      const scratch = config.scratch ?? (await embeddedTarget(config, signal, logToStderr));
      const tested = await restoreTest({ ...deps, onProgress: progress.show }, { scratch, user });
      progress[Symbol.dispose]();
      if (tested.some(({ error }) => error !== undefined)) process.exitCode = EXIT.failed;
      if (options.json) printJson({ dumps: tested.map(toJson) });
      else printLines(...(tested.length > 0 ? tested.map(toLine) : ['no dumps to test']));
    });
}

function toJson({ dumpId, lineage, durationMs, comparison, error }: TestedLineage) {
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
  const details = isAppError(error) ? error.details : {};
  return {
    dumpId,
    lineage,
    proven: error === undefined,
    durationMs,
    comparison: comparison ?? null,
    ...(error === undefined ? {} : { error: { name, message, details } }),
  };
}

function toLine({ dumpId, lineage, durationMs, comparison, error }: TestedLineage): string {
  if (!comparison)
    return `dump ${dumpId} of ${lineage} is NOT proven: ${error instanceof Error ? error.message : String(error)}`;
  const rows = rowsOf(comparison)?.toLocaleString('en') ?? 'uncounted';
  return `dump ${dumpId} of ${lineage} is proven: ${comparison.tables.length} tables, ${rows} rows, ${(durationMs / 1_000).toFixed(1)} s`;
}
