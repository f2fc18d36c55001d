import { AppError } from '@datasens/core/errors.ts';
import type { Steps } from './fault.ts';

/** Each `n`th call fails as that of a busy server does, before it has taken effect. */
export function everyNth(n: number): Steps {
  const taken: string[] = [];
  return {
    taken,
    begin(step) {
      const number = taken.push(step);
      if (number % n === 0) throw new AppError('Transient', 'the server is busy');
      return number;
    },
    end: () => undefined,
  };
}
