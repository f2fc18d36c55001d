import { describe, expect, test } from 'vitest';
import { detectJson, type JsonSample } from './detect-json.ts';
import { formatPath, parsePath } from './json-shape.ts';

const detect = (text: string, given: Partial<JsonSample> = {}, told?: readonly string[]) =>
  detectJson({ head: Buffer.from(text), complete: true, uri: 'file:///a', ...given }, told);

const ROW = '{"id":1,"tags":["x"]}';

describe('JSON is found by its content', () => {
  test.for<readonly [string, string, string, string]>([
    ['NDJSON', `${ROW}\n${ROW}\n`, 'lines', 'certain'],
    ['NDJSON with blank lines and CRLF', `\r\n${ROW}\r\n\r\n${ROW}\r\n`, 'lines', 'certain'],
    ['NDJSON of which a line is damaged', `${ROW}\n{"id":\n${ROW}\n`, 'lines', 'likely'],
    ['NDJSON of which the first line is damaged', `{"id":\n${ROW}\n${ROW}\n`, 'lines', 'likely'],
    ['NDJSON of which the first line has too much', `${ROW}}\n${ROW}\n${ROW}\n`, 'lines', 'likely'],
    ['an array', `[${ROW},\n${ROW}]\n`, 'array', 'certain'],
    ['an array over many lines', `[\n  {\n    "id": 1\n  }\n]`, 'array', 'certain'],
    ['an array of which the first element is no object', `[null, ${ROW}]`, 'array', 'certain'],
    ['an empty array', '[]\n', 'array', 'certain'],
    ['an array that is cut off', `[${ROW},{"id":`, 'array', 'certain'],
    ['an array that is damaged', `[${ROW} ${ROW}]`, 'array', 'certain'],
    ['one object', ROW, 'documents', 'certain'],
    ['one empty object', '{}', 'documents', 'certain'],
    ['one object that is damaged', '{"id": 1, "a": b}', 'array', 'unsure'],
    ['objects one after another', `${ROW}${ROW}`, 'documents', 'certain'],
    ['objects over many lines', '{\n"id": 1\n}\n{\n"id": 2\n}\n', 'documents', 'certain'],
    ['an object that holds its records', `{"n":2,"data":[${ROW},${ROW}]}`, 'array', 'likely'],
  ])('%s', ([, text, framing, certainty]) => {
    expect(detect(text)).toMatchObject({ shape: { framing }, findings: [{ property: 'records', certainty }] });
  });

  test.for<readonly [string, string]>([
    ['CSV', 'id,payload\n1,"{""a"":1}"\n'],
    ['a CSV whose first column has objects', '{"a":1};x\n{"a":2};y\n'],
    ['a CSV whose first column has arrays', '[1,2];x\n[3];y\n'],
    ['a CSV whose first column has arrays of objects', '[{"a":1},{"b":2}];x\n[];y\n'],
    ['a CSV of JSON in quotes', '"{""a"":1}",2\n"{""a"":2}",3\n'],
    ['text parted by tabs, both columns objects', '{"a":1}\t{"b":2}\n{"a":3}\t{"b":4}\n'],
    ['a column of JSON under its name', 'payload\n{"a":1}\n{"a":2}\n'],
    ['text in brackets', '[note] one\n[note] two\n'],
    ['text in braces', '{note} one\n{note} two\n'],
    ['a number', '17\n18\n'],
    ['nothing', ' \n'],
  ])('and %s is none', ([, text]) => {
    expect(detect(text)).toBeUndefined();
  });

  test('and by the name of the file where the content may be either', () => {
    const uri = 'file:///rows.jsonl.gz';
    const one = '{"id":1,"tags":[{"t":1}]}\n';
    expect(detect(one)?.shape).toEqual({ framing: 'array', path: ['tags'] });
    expect(detect(one, { uri })?.shape).toEqual({ framing: 'lines', path: [] });
    expect(detect('{"id":1,"tags":[{"t":1},{"t":', { uri, complete: false })?.shape.framing).toBe('lines');
    expect(detect(`# rows\n${ROW}\n${ROW}\n`, { uri })?.shape.framing).toBe('lines');
    expect(detect(`a,b\n1,2\n`, { uri })).toBeUndefined();
  });

  test('as far as a sample goes', () => {
    const complete = false;
    expect(detect(`${ROW}\n${ROW}\n{"id"`, { complete })?.shape.framing).toBe('lines');
    expect(detect(`[${ROW},{"id"`, { complete })?.shape.framing).toBe('array');
    expect(detect(`{"meta":{"rows":[]},"data":{"items":[${ROW},{"id"`, { complete })).toMatchObject({
      shape: { framing: 'array', path: ['data', 'items'] },
      doubts: [],
    });
  });
});

describe('where records are', () => {
  const TWO = `{"schema":{"fields":[{"name":"id"}]},"data":[${ROW}],"odd.key":{"deep":{"er":{"rows":[{}]}}}}`;

  test('is a question where an object has several arrays of objects, or none to be seen', () => {
    expect(detect(TWO)?.doubts).toEqual([
      'records: there are 2 arrays of objects (schema.fields, data): which has the rows? A dot (.) means that the document is one row',
    ]);
    expect(detect('{"a":"x', { complete: false })?.doubts).toMatchObject([
      expect.stringMatching(/^records: .*no array/),
    ]);
  });

  test('is answered', () => {
    expect(detect(TWO, {}, ['data'])).toMatchObject({
      shape: { framing: 'array', path: ['data'] },
      findings: [{ certainty: 'told' }],
      doubts: [],
    });
    expect(detect(TWO, {}, [])).toMatchObject({ shape: { framing: 'documents' }, doubts: [] });
  });

  test('is nowhere in an array without objects, and no path leads through many documents', () => {
    expect(() => detect('[[1,2],[3,4]]')).toThrow(
      'expected an array of objects, got an array that begins with an array',
    );
    expect(() => detect('[1,2]')).toThrow('begins with a number');
    expect(() => detect(`${ROW}\n${ROW}\n`, {}, ['tags'])).toThrow('--records tags: the file is no single document');
  });

  test('is told as keys with dots between them', () => {
    expect(parsePath('data.items')).toEqual(['data', 'items']);
    expect(parsePath('a\\.b.c\\\\.é')).toEqual(['a.b', 'c\\', 'é']);
    expect(parsePath('.')).toEqual([]);
    for (const path of [['data'], ['a.b', 'c\\', ' '], []]) expect(parsePath(formatPath(path))).toEqual(path);
  });
});
