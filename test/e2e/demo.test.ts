import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { embeddedHome } from '@datasens/testkit/embedded-home.ts';
import { expect, test } from 'vitest';

const DEMO = join(import.meta.dirname, '../../examples/demo/demo.ts');

test('the demo tells the whole story', async () => {
  await using home = await embeddedHome({ name: 'a home with spaces' });
  const { status, stdout } = await run(home.path);
  const id = /^dump (\d+) of default is stored/m.exec(stdout)?.[1];
  expect(stdout).toMatch(new RegExp(`^ *${id}  SQL +ACTIF .*  Avant la mise à jour d’octobre$`, 'm'));
  expect(stdout).toMatch(/^public\.t04_document +10 {2}5492026094680140438$/m);
  expect(stdout).toContain(`dump ${id} is intact`);
  expect(stdout).toMatch(
    /\$ DATASENS_STORAGE=\S+ datasens verify \d+ --json\n\{\n {2}"error": \{\n {4}"name": "CorruptDump"/,
  );
  expect(stdout).toMatch(/^public\.t07_document_theme +10 +10 +(-?\d+) +\1 {2}equal$/m);
  expect(stdout).toMatch(new RegExp(`^dump ${id} is restored into \\S.*/datasens \\(in place\\) in`, 'm'));
  expect(stdout).toMatch(new RegExp(`^dump ${id} is restored into \\S.*/copie_${id} \\(a new database\\) in`, 'm'));
  expect(stdout).toMatch(
    /datasens restore \d+ --in-place --clean --json\n\{\n {2}"error": \{\n {4}"name": "CorruptDump"/,
  );
  expect(stdout).toContain(`dump ${id} of dumps/SQL/default/manual is proven: 10 tables, 69 rows`);
  expect(stdout).toMatch(/^import \d+ into datasens\.public\.releve: 8 rows, and the table made for them$/m);
  expect(stdout).toMatch(/^already imported as import \d+ into datasens\.public\.releve .*: 8 rows then, none now$/m);
  expect(stdout).toContain('"name": "TooManyRejects"');
  expect(stdout).toMatch(/read +6 = 4 inserted \+ 0 updated \+ 2 rejected/);
  expect(stdout).toMatch(
    /line 3: expected 4 fields, got 3\n.*line 5: .*invalid input syntax for type numeric: "n\.c\."/,
  );
  expect(stdout).toMatch(/read +2 = 2 inserted \+ 0 updated \+ 0 rejected/);
  expect(stdout).toMatch(/^import \d+ into datasens\.public\.releve: 4 rows$/m);
  expect(stdout).toMatch(/^import \d+ into datasens\.public\.station: 4 rows, and the table made for them$/m);
  const secret = /^dump (\d+) of default is stored.*\n.*\n.*\n.*\n.*\n {2}for {5}age1\w+$/m.exec(stdout)?.[1];
  expect(stdout).toMatch(/DATASENS_RECIPIENTS=age1\w+ datasens dump --sensitive$/m);
  expect(stdout).toMatch(/"name": "ConfigError",\n {4}"message": ".*is encrypted: set DATASENS_IDENTITY/);
  expect(stdout).toMatch(new RegExp(`^dump ${secret} is restored into \\S.*/ouverte_${secret} `, 'm'));
  expect(stdout).toMatch(/^\$ age -d -i .*\n[0-9a-f]{64} {2}-\n\(as the manifest says\)$|This machine has none/m);
  const [, term] = /datasens dump --table t02_source --expires (\S+)$/m.exec(stdout) ?? [];
  expect(stdout).toMatch(new RegExp(`^expired +\\d+ .*its legal term ended on ${term?.replace('Z', '.000Z')}$`, 'm'));
  expect(stdout).toMatch(/^removed +\d+ {2}dumps\/SQL\/default\/scheduled\/.* no longer kept by the rule default$/m);
  expect(stdout).toMatch(/^done: keep \d+, archive 0, remove \d+, expire 1$/m);
  expect(stdout).toMatch(/"phase": "certified",/);
  expect(stdout).toMatch(
    new RegExp(`^\\{"dumps":\\[\\{"dumpId":\\d+,"type":"IMPORT","key":"\\S+/arrivals-${id}\\.csv`, 'm'),
  );
  expect(stdout).toMatch(
    /^approval \d+ is approved: import into datasens\.gold\.arrival\. The execution \S+ was told$/m,
  );
  expect(stdout).toMatch(/^FAILED: Error: the model cannot be reached\..* restored from dump \d+/m);
  expect(stdout).toMatch(/^the journal is intact: \d+ events$/m);
  expect(stdout).toMatch(/^restored: \d+ events, \d+ dumps and imports, \d+ entries of the ledger, \d+ approvals?$/m);
  expect(stdout).toMatch(/AUDIT_DATABASE_URL=\S+ datasens journal verify\nthe journal is intact: \d+ events$/m);
  expect(stdout).toMatch(/^([0-9a-f]{32})\n\1$/m);
  expect(stdout).toContain('the embedded PostgreSQL is stopped');
  expect(status).toBe(0);
  // The whole story, beside whatever else runs.
}, 900_000);

async function run(home: string): Promise<{ status: number | null; stdout: string }> {
  const child = spawn(process.execPath, [DEMO, home], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [stdout, [status]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return { status, stdout };
}
