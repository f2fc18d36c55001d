import { parseConfig } from '@datasens/core/config.ts';
import { inspect } from '@datasens/core/import/inspect.ts';
import { openSource } from '@datasens/core/import/source/open-source.ts';
import type { Command } from 'commander';
import { addDialectOptions, type DialectOptions, readWantedTypes, toldDialect } from './dialect-options.ts';
import { inspectionJson } from './inspection-json.ts';
import { inspectionLines } from './inspection-lines.ts';
import { interruption } from './interruption.ts';
import { printJson, printLines } from './output.ts';

export function addInspect(program: Command): void {
  const command = program
    .command('inspect')
    .description('say what an import would make of a file: dialect, columns, types, and why')
    .argument(
      '<file>',
      'a path, file:///path or s3://bucket/key: delimited text, JSON, NDJSON (plain, gzip or zstd) or Parquet',
    );
  addDialectOptions(command)
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Looks at the first 256 KiB, and at the end where that can be had alone; needs no database and changes nothing. What is
given overrides what would be found. Exit status 2 for what can have no rows.

  $ datasens inspect ventes.csv
  $ datasens inspect s3://bucket/inbox/ventes.csv.gz --decimal , --date-format DD/MM/YYYY --null NA`,
    )
    .action(async (file: string, options: DialectOptions & { json?: boolean }) => {
      const signal = interruption();
      const types = await readWantedTypes(options);
      await using source = await openSource(file, parseConfig(process.env).s3, signal);
      const found = await inspect(
        { signal },
        {
          source,
          told: toldDialect(options),
          recordsPath: options.records,
          nullWords: options.null,
          decimal: options.decimal,
          dateFormat: options.dateFormat,
          types,
        },
      );
      if (options.json) printJson(inspectionJson(found));
      else printLines(...inspectionLines(found));
    });
}
