/**
 * One name per column from the rows of a header, joined by spaces. A group's name in an upper row goes for the columns
 * to its right that have names of their own below and no other group above; a row with a single cell is a title, and
 * stays where it is.
 */
export function joinHeader(rows: readonly (readonly string[])[], columns: number): string[] {
  const last = rows.length - 1;
  const cells = rows.map((row) => Array.from({ length: columns }, (_, column) => row[column]?.trim() ?? ''));
  const spread = cells.map((row, index) => {
    if (index === last || row.filter((cell) => cell !== '').length < 2) return row;
    let group = '';
    return row.map((cell, column) => {
      const startsAbove = cells.slice(0, index).some((above) => above[column] !== '');
      const namedBelow = cells.slice(index + 1).some((below) => below[column] !== '');
      if (cell !== '' || startsAbove) group = cell;
      return cell === '' && namedBelow ? group : cell;
    });
  });
  return Array.from({ length: columns }, (_, column) => {
    const parts = spread.map((row) => row[column] ?? '').filter((part) => part !== '');
    return parts.join(' ');
  });
}
