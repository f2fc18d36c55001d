/**
 * Stands in for the `pulumi` command that SST runs, with no account and no provider: `stack init` leaves an empty state;
 * `preview` runs the program under Pulumi's own mocks and leaves every resource that it registers, with all its inputs known,
 * as JSON in DATASENS_GRAPH. Anything else it refuses, `up` above all.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { answerCall, answerResource } from './mocks.ts';
import { withoutBundles } from './without-bundles.ts';

const [command = '', ...rest] = process.argv.slice(2);
if (command === 'stack' && rest[0] === 'init') initStack(rest[1] ?? '');
else if (command === 'preview') await preview();
else refuse();

function initStack(name: string): void {
  const [, app = '', stage = ''] = name.split('/');
  const folder = join('.pulumi/stacks', app);
  mkdirSync(folder, { recursive: true });
  const manifest = { time: '2026-01-01T00:00:00Z', magic: '', version: '' };
  const checkpoint = { stack: name, latest: { manifest, resources: [] } };
  writeFileSync(join(folder, `${stage}.json`), JSON.stringify({ version: 3, checkpoint }));
}

async function preview(): Promise<void> {
  const program = /^main: (.+)$/m.exec(readFileSync('Pulumi.yaml', 'utf8'))?.[1] ?? '';
  const root = join(dirname(program), '../..');
  const require = createRequire(join(root, '.sst/platform/package.json'));
  const pulumi = require('@pulumi/pulumi');
  const graph: unknown[] = [];
  pulumi.runtime.setMocks(
    {
      call: ({ token, inputs }: Call) => answerCall(token, inputs),
      newResource: ({ type, name, inputs, id }: Resource) => answerResource({ type, name, inputs, id }),
    },
    'datasens',
    rest[rest.indexOf('--stack') + 1]?.split('/').at(-1),
    // In a preview what a provider adds is unknown, and what hangs on it is left out.
    false,
  );
  // The mocks are not told of the options of a resource, which the monitor is.
  const monitor = pulumi.runtime.getMonitor();
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request: Registration, callback: unknown) => {
    const inputs = pulumi.runtime.deserializeProperties(request.getObject());
    graph.push({
      type: request.getType(),
      name: request.getName(),
      inputs: plain(inputs),
      protect: request.getProtect(),
      retainOnDelete: request.getRetainondelete(),
    });
    register(request, callback);
  };
  process.on('beforeExit', () => writeFileSync(process.env.DATASENS_GRAPH ?? '', JSON.stringify(graph)));
  if (process.env.DATASENS_NO_BUNDLES) await withoutBundles();
  await pulumi.runtime.runInPulumiStack(async () => {
    await import(pathToFileURL(program).href);
  });
}

/** Secrets stand as `{secret: …}`, so that what is one in plain text can be told from it. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  const fields = value as Record<string, unknown>;
  if (fields['4dabf18193072939515e22adb298388d'] === '1b47061264138c4ac30d75fd1eb44270') {
    return { secret: plain(fields.value) };
  }
  return Object.fromEntries(Object.entries(fields).map(([key, each]) => [key, plain(each)]));
}

function refuse(): never {
  process.stderr.write(`refused: pulumi ${[command, ...rest].join(' ')}\n`);
  process.exit(1);
}

interface Call {
  readonly token: string;
  readonly inputs: Record<string, unknown>;
}

interface Resource extends Omit<Call, 'token'> {
  readonly type: string;
  readonly name: string;
  readonly id?: string;
}

interface Registration {
  getType(): string;
  getName(): string;
  getObject(): unknown;
  getProtect(): boolean;
  getRetainondelete(): boolean;
}
