/**
 * Decodes numbers of `width` bits in Parquet's hybrid of run lengths and bit packing ("Data encodings", RLE = 3) into all
 * of `out`. Throws where the bytes end before the numbers do: what `out` has is never a guess.
 */
export function readHybrid(bytes: Uint8Array, start: number, width: number, out: Uint8Array | Int32Array): void {
  if (width > 32) throw new Error(`numbers of ${width} bits`);
  let at = start;
  let filled = 0;
  while (filled < out.length) {
    let header = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at];
      if (byte === undefined || shift > 28) throw new Error('a run has no end');
      at += 1;
      header += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    const count = Math.floor(header / 2);
    if (header % 2 === 0) {
      const size = (width + 7) >> 3;
      if (at + size > bytes.length) throw new Error('a run is cut off');
      let value = 0;
      for (let index = 0; index < size; index += 1) value |= (bytes[at + index] as number) << (8 * index);
      at += size;
      const until = Math.min(out.length, filled + count);
      if (until === filled) throw new Error('a run has no length');
      out.fill(value, filled, until);
      filled = until;
    } else {
      const values = Math.min(out.length - filled, count * 8);
      if (values === 0) throw new Error('a run has no length');
      if (at + Math.ceil((values * width) / 8) > bytes.length) throw new Error('a run is cut off');
      unpack(bytes, at, width, out, filled, filled + values);
      filled += values;
      at += count * width;
    }
  }
}

function unpack(
  bytes: Uint8Array,
  start: number,
  width: number,
  out: Uint8Array | Int32Array,
  from: number,
  to: number,
): void {
  const base = 2 ** width;
  let at = start;
  let held = 0;
  let heldBits = 0;
  if (width <= 24) {
    const mask = base - 1;
    for (let index = from; index < to; index += 1) {
      while (heldBits < width) {
        held |= (bytes[at] as number) << heldBits;
        at += 1;
        heldBits += 8;
      }
      out[index] = held & mask;
      held >>>= width;
      heldBits -= width;
    }
    return;
  }
  // Beyond what 32 bits hold at a time.
  for (let index = from; index < to; index += 1) {
    while (heldBits < width) {
      held += (bytes[at] as number) * 2 ** heldBits;
      at += 1;
      heldBits += 8;
    }
    out[index] = held % base;
    held = Math.floor(held / base);
    heldBits -= width;
  }
}
