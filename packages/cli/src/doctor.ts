import { type Config, parseConfig } from '@datasens/core/config.ts';
import type { Command } from 'commander';
import { checkEncryption } from './check-encryption.ts';
import { checkNotifications } from './check-notifications.ts';
import {
  type Check,
  checkAudit,
  checkLeftovers,
  checkNode,
  checkSource,
  checkStorage,
  checkTools,
} from './doctor-checks.ts';
import { EXIT } from './exit-codes.ts';
import { interruption } from './interruption.ts';
import { printJson, printLines } from './output.ts';

export interface Finding {
  readonly part: string;
  readonly ok: boolean;
  readonly detail: string;
}

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check every part, and say what to do where one is not well')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Writes one small object to the storage and removes it, and starts the embedded PostgreSQL where that one serves;
changes nothing else. Exit status 1 when a part is not well.`,
    )
    .action(async (options: { json?: boolean }) => {
      const findings = await examine(interruption());
      const ok = findings.every((finding) => finding.ok);
      if (!ok) process.exitCode = EXIT.failed;
      if (options.json) return printJson({ ok, findings });
      const width = Math.max(...findings.map(({ part }) => part.length));
      printLines(
        ...findings.map(({ part, ok, detail }) => `${ok ? 'ok  ' : 'FAIL'}  ${part.padEnd(width)}  ${detail}`),
      );
    });
}

async function examine(signal: AbortSignal): Promise<Finding[]> {
  const findings = [await find(checkNode())];
  let config: Config;
  try {
    config = parseConfig(process.env);
  } catch (error) {
    return [...findings, { part: 'environment', ok: false, detail: messageOf(error) }];
  }
  const checks = [
    checkTools(config),
    checkStorage(config, signal),
    checkEncryption(config),
    checkNotifications(config),
    ...sourcesOf(config, signal),
    checkAudit(config, signal),
  ];
  // One after the other: the first that needs the embedded server starts it.
  for (const check of checks) findings.push(await find(check));
  return findings;
}

function sourcesOf(config: Config, signal: AbortSignal): Check[] {
  return [...new Set(['default', ...config.sources.keys()])].flatMap((name) => [
    checkSource(config, name, signal),
    checkLeftovers(config, name, signal),
  ]);
}

async function find({ part, run }: Check): Promise<Finding> {
  try {
    return { part, ok: true, detail: await run() };
  } catch (error) {
    return { part, ok: false, detail: messageOf(error) };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
