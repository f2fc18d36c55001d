/** A value that its target cannot hold as it is: it ends a pass of `binaryRows`. */
export class Misfit extends Error {
  /** From 1. */
  readonly row: number;
  /** Among the targets, from 0. */
  readonly column: number;
  readonly because: string;

  constructor(row: number, column: { readonly index: number; readonly name: string }, because: string) {
    super(`row ${row}, column ${JSON.stringify(column.name)}: ${because}`);
    this.name = 'Misfit';
    this.row = row;
    this.column = column.index;
    this.because = because;
  }
}
