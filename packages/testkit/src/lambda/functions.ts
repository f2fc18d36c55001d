import type { Json } from '@datasens/local/step-functions/json.ts';
import type { ContainerCli } from '../container/container-cli.ts';
import { until } from '../eventually.ts';
import { type ExecutionEnvironment, type FunctionOptions, openEnvironment } from './environment.ts';

export type FunctionSettings = Partial<Pick<FunctionOptions, 'memoryMb' | 'timeoutMs' | 'image' | 'task'>>;

export interface LambdaOptions {
  readonly cli: ContainerCli;
  readonly environment: Readonly<Record<string, string>>;
  readonly task?: string | undefined;
  /** Of a function, by its name: at least its image. */
  readonly settingsOf: (name: string) => FunctionSettings & { readonly image: string };
}

/** Functions, each in execution environments of its own, as Lambda runs them. */
export interface LambdaFunctions extends AsyncDisposable {
  invoke(name: string, payload: Json): Promise<Json>;
  /** The environment that a function is called in now. */
  busy(name: string): Promise<ExecutionEnvironment>;
  /** The one that it was called in last. */
  last(name: string): ExecutionEnvironment;
  /** What they have written, by lines. */
  readonly said: string[];
}

const DEFAULTS = { memoryMb: 1_024, timeoutMs: 900_000 };
/** As many wait frozen for their next call. */
const MOST_IDLE = 16;

export function openLambda({ cli, environment, task, settingsOf }: LambdaOptions): LambdaFunctions {
  const said: string[] = [];
  const all = new Set<ExecutionEnvironment>();
  const last = new Map<string, ExecutionEnvironment>();
  const busy = new Map<string, ExecutionEnvironment>();
  let idle: { readonly name: string; readonly opened: ExecutionEnvironment }[] = [];

  const take = async (name: string): Promise<ExecutionEnvironment> => {
    const found = idle.findLast((each) => each.name === name && each.opened.usable);
    idle = idle.filter((each) => each !== found);
    if (found) return found.opened;
    const log = (line: string) => void said.push(`${name}: ${line}`);
    const opened = await openEnvironment(cli, {
      name,
      environment,
      task,
      log,
      ...DEFAULTS,
      ...settingsOf(name),
    });
    all.add(opened);
    return opened;
  };
  const end = async (opened: ExecutionEnvironment): Promise<void> => {
    all.delete(opened);
    await opened[Symbol.asyncDispose]();
  };
  const keep = async (name: string, opened: ExecutionEnvironment): Promise<void> => {
    if (!opened.usable) return await end(opened);
    idle.push({ name, opened });
    const oldest = idle.length > MOST_IDLE ? idle.shift() : undefined;
    if (oldest) await end(oldest.opened);
  };

  return {
    said,
    async invoke(name, payload) {
      const opened = await take(name);
      busy.set(name, opened);
      last.set(name, opened);
      try {
        return await opened.call(payload);
      } finally {
        busy.delete(name);
        keep(name, opened).catch(() => undefined);
      }
    },
    busy: (name) => until(() => busy.get(name)),
    last(name) {
      const opened = last.get(name);
      if (!opened) throw new Error(`${name} was not called`);
      return opened;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...all].map(end));
    },
  };
}
