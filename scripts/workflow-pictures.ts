import { readFile, writeFile } from 'node:fs/promises';
import { DOCUMENT, withPictures } from './workflow-pictures/document.ts';

/** Draws the state machines of workflows/ into docs/workflows.md. */
await writeFile(DOCUMENT, await withPictures(await readFile(DOCUMENT, 'utf8')));
