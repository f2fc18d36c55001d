import { isUtf8 } from 'node:buffer';
import { describe, expect, test } from 'vitest';
import { detectEncoding } from './detect-encoding.ts';
import { ENCODINGS, type Encoding } from './encoding.ts';
import { toUtf8 } from './to-utf8.ts';

const TEXT = 'id;nom;prix\r\n1;Éloïse, « la » — 5 €;1,50\r\n2;naïf 🙂;2\r\n';

function encode(text: string, encoding: Encoding): Buffer {
  switch (encoding) {
    case 'utf-8':
      return Buffer.from(text);
    case 'utf-16le':
      return Buffer.from(text, 'utf16le');
    case 'utf-16be':
      return Buffer.from(text, 'utf16le').swap16();
    case 'iso-8859-1':
      return Buffer.from(text, 'latin1');
    case 'windows-1252':
      return Buffer.from(
        [...text].map((character) => ({ '€': 0x80, '—': 0x97, '’': 0x92 })[character] ?? character.charCodeAt(0)),
      );
  }
}

async function decode(bytes: Buffer, encoding: Encoding, size = bytes.length): Promise<Buffer> {
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  return Buffer.concat(await Array.fromAsync(toUtf8(chunks(), encoding)));
}

describe('the encoding', () => {
  test.for(['utf-8', 'utf-16le', 'utf-16be'] as const)(
    'is found by a byte order mark, which is no text: %s',
    async (encoding) => {
      const bytes = encode(`\ufeff${TEXT}`, encoding);
      expect(detectEncoding(bytes, true)).toMatchObject({ encoding, byteOrderMark: true, certainty: 'certain' });
      for (const size of [1, 2, 3, 5, 1_000]) expect((await decode(bytes, encoding, size)).toString()).toBe(TEXT);
    },
  );

  test.for(['utf-16le', 'utf-16be'] as const)('is found without one: %s', (encoding) => {
    expect(detectEncoding(encode(TEXT, encoding), true)).toMatchObject({ encoding, byteOrderMark: false });
    expect(detectEncoding(encode('名前\t値段\n東京\t1\n', encoding), true)).toMatchObject({ encoding });
  });

  test('is UTF-8 where all is valid, wherever the sample ends', () => {
    const bytes = Buffer.from(TEXT);
    for (let end = 20; end < bytes.length; end++) {
      expect(detectEncoding(bytes.subarray(0, end), false)).toMatchObject({ encoding: 'utf-8' });
    }
    // The same end is a damage where nothing follows.
    expect(detectEncoding(Buffer.from([0x61, 0x2c, 0xc3]), true)).toMatchObject({ encoding: 'windows-1252' });
  });

  test('is UTF-8 with a damage where nearly all is valid, and Windows-1252 where nothing is', () => {
    const damaged = Buffer.concat([Buffer.from('é'.repeat(20)), Buffer.of(0xe9)]);
    expect(detectEncoding(damaged, true)).toMatchObject({ encoding: 'utf-8', certainty: 'likely' });
    const found = detectEncoding(encode('prix;5 €;d’été\n', 'windows-1252'), true);
    expect(found).toMatchObject({ encoding: 'windows-1252', certainty: 'likely' });
    expect(detectEncoding(Buffer.of(0x61, 0xe9, 0x81), true)).toMatchObject({ certainty: 'unsure' });
  });

  test('of UTF-32 is refused', () => {
    expect(() => detectEncoding(Buffer.from('fffe000061000000', 'hex'), true)).toThrow('UTF-32');
  });
});

describe('decoding', () => {
  test.for(ENCODINGS)('gives the text, however it is cut into chunks: %s', async (encoding) => {
    const text = encoding.startsWith('utf') ? TEXT : encoding === 'windows-1252' ? 'é;5 €;d’—\n' : 'é;\u0092\n';
    const bytes = encode(text, encoding);
    for (const size of [1, 2, 3, bytes.length]) expect((await decode(bytes, encoding, size)).toString()).toBe(text);
  });

  test('never makes text of what is none', async () => {
    const undefinedByte = await decode(Buffer.of(0x61, 0x81, 0x62), 'windows-1252');
    expect(undefinedByte).toEqual(Buffer.of(0x61, 0x81, 0x62));
    const halfPair = await decode(Buffer.from('a\ud83db\n', 'utf16le'), 'utf-16le');
    expect(isUtf8(halfPair)).toBe(false);
    expect(halfPair.subarray(-2).toString()).toBe('b\n');
    expect(isUtf8(await decode(Buffer.from('a\0b', 'latin1'), 'utf-16le'))).toBe(false);
    expect(isUtf8(await decode(Buffer.from('a\ud83d', 'utf16le'), 'utf-16le', 1))).toBe(false);
  });
});
