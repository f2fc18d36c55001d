/** Bytes that grow: values of a column, one behind the other. Written to by hand, for it is written to often. */
export interface Sink {
  bytes: Buffer;
  /** Of the same bytes. */
  view: DataView;
  size: number;
}

export function emptySink(sizeBytes = 65_536): Sink {
  const bytes = Buffer.allocUnsafeSlow(sizeBytes);
  return { bytes, view: new DataView(bytes.buffer), size: 0 };
}

/** Makes room for so many bytes more. `bytes` and `view` may be others then. */
export function reserve(sink: Sink, count: number): void {
  const wanted = sink.size + count;
  if (wanted <= sink.bytes.length) return;
  const wider = Buffer.allocUnsafeSlow(Math.max(wanted, sink.bytes.length * 2));
  sink.bytes.copy(wider, 0, 0, sink.size);
  sink.bytes = wider;
  sink.view = new DataView(wider.buffer);
}

export function putBytes(sink: Sink, from: Buffer, start: number, end: number): void {
  reserve(sink, end - start);
  copyShort(from, start, end, sink.bytes, sink.size);
  sink.size += end - start;
}

/** `text` has no other characters. */
export function putAscii(sink: Sink, text: string): void {
  reserve(sink, text.length);
  sink.size += sink.bytes.write(text, sink.size, 'latin1');
}

/** By hand where it is short, as nearly all is: a call costs more than that. */
export function copyShort(from: Buffer, start: number, end: number, to: Buffer, at: number): void {
  if (end - start > 48) from.copy(to, at, start, end);
  else for (let next = start, shift = at - start; next < end; next += 1) to[next + shift] = from[next] as number;
}
