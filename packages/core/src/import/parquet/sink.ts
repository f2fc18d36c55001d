/** Bytes that grow: values of a column, one behind the other. Written to by hand, for it is written to often. */
export interface Sink {
  bytes: Buffer;
  /** Of the same bytes. */
  view: DataView;
  size: number;
}

export function emptySink(): Sink {
  const bytes = Buffer.allocUnsafeSlow(65_536);
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
