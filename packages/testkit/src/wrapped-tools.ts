import { chmod, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ToolName } from '@datasens/core/postgres/client-tools.ts';
import { installedTools } from './installed-tools.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** The real client tools of one version, some of them behind a shell script that misbehaves. */
export interface WrappedTools extends AsyncDisposable {
  /** For `PG_BIN_DIR`. */
  readonly binDir: string;
}

const TOOLS: readonly ToolName[] = ['pg_dump', 'pg_restore', 'psql', 'pg_dumpall'];

/**
 * Puts `scripts` in the place of tools. A script is the body of a POSIX shell script in which `"$real" "$@"` runs the
 * tool itself; `--version` always does.
 */
export async function wrapTools(scripts: Partial<Record<ToolName, string>>): Promise<WrappedTools> {
  const tools = await installedTools();
  const folder = await temporaryFolder();
  const binDir = folder.path;
  for (const name of TOOLS) {
    const real = join(tools.binDir, name);
    const body = scripts[name];
    if (body === undefined) {
      await symlink(real, join(binDir, name));
      continue;
    }
    const script = `#!/bin/sh\nreal='${real}'\n[ "$1" = --version ] && exec "$real" --version\n${body}\n`;
    await writeFile(join(binDir, name), script);
    await chmod(join(binDir, name), 0o755);
  }
  return { binDir, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}
