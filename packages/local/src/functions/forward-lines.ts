import type { Readable } from 'node:stream';

const MAX_CHARS = 4_096;

/** Hands on what is written, line by line, without the rest of a line that is longer than a log should have. */
export function forwardLines(stream: Readable, write: (line: string) => void): void {
  let rest = '';
  const forward = (line: string) => write(line.length > MAX_CHARS ? `${line.slice(0, MAX_CHARS)}…` : line);
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    // Of a line that never ends no more is kept than tells that it is too long.
    rest = (lines.pop() ?? '').slice(0, MAX_CHARS + 1);
    for (const line of lines) forward(line);
  });
  stream.on('end', () => {
    if (rest) forward(rest);
  });
}
