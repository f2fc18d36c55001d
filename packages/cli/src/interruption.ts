import { AppError } from '@datasens/core/errors.ts';

/** Aborts when the user presses Ctrl-C or a supervisor asks the process to end; a second Ctrl-C ends it at once. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(name, () => controller.abort(new AppError('Transient', `interrupted by ${name}; nothing was kept`)));
  }
  return controller.signal;
}
