/** One cell and where it stands (1-based). */
export interface Cell {
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

export type Row = readonly Cell[];

/** One thing wrong with a table, where a person can find and mend it. */
export interface TableFault {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** A controller's plans for a whole city fit many times over; more is a mistake. */
export const maxTableBytes = 20_000_000;
/** The longest row: a recorded table of a lane each for every group of a large junction stays far below. */
const maxCells = 1_000;

/**
 * Rows of a table (RFC 4180): fields in double quotes may hold delimiters, quotes doubled, and line ends. Blank rows are
 * left out. The delimiter is a semicolon where the first row has more of them than commas, as spreadsheets set to a
 * decimal comma write them; or a tab.
 */
export function parseCsv(source: string): { readonly rows: readonly Row[]; readonly faults: readonly TableFault[] } {
  const text = source.charCodeAt(0) === 0xfeff ? source.slice(1) : source;
  if (text.length > maxTableBytes)
    return {
      rows: [],
      faults: [{ line: 1, column: 1, message: `is larger than ${maxTableBytes} characters; split it` }],
    };
  const delimiter = delimiterOf(text);
  const faults: TableFault[] = [];
  const rows: Row[] = [];
  let row: Cell[] = [];
  let at = 0;
  let line = 1;
  let lineStart = 0;
  const endRow = (): void => {
    if (row.some((cell) => cell.text !== "")) rows.push(row);
    row = [];
  };
  while (at < text.length) {
    const place = { line, column: at - lineStart + 1 };
    let value = "";
    if (text[at] === '"') {
      let end = at + 1;
      for (; end < text.length && !(text[end] === '"' && text[end + 1] !== '"'); end++) {
        if (text[end] === '"') end++;
        if (text[end] === "\n") {
          line++;
          lineStart = end + 1;
        }
      }
      value = text.slice(at + 1, end).replaceAll('""', '"');
      if (end >= text.length) faults.push({ ...place, message: 'a quoted field has no closing "; add it' });
      at = end + 1;
    } else {
      const end = endOfPlain(text, at, delimiter);
      value = text.slice(at, end);
      at = end;
    }
    if (row.length === maxCells) faults.push({ ...place, message: `a row has more than ${maxCells} fields; split it` });
    if (row.length < maxCells) row.push({ ...place, text: value.trim() });
    if (text[at] === delimiter) {
      at++;
      if (at < text.length && !isLineEnd(text[at]!)) continue;
      row.push({ line, column: at - lineStart + 1, text: "" });
    } else if (at < text.length && !isLineEnd(text[at]!)) {
      faults.push({ line, column: at - lineStart + 1, message: `text after a closing "; put it inside the quotes` });
      at = endOfPlain(text, at, delimiter);
      if (text[at] === delimiter) {
        at++;
        continue;
      }
    }
    if (text[at] === "\r" && text[at + 1] === "\n") at++;
    if (at < text.length) {
      at++;
      line++;
      lineStart = at;
    }
    endRow();
  }
  endRow();
  return { rows, faults };
}

const isLineEnd = (character: string): boolean => character === "\n" || character === "\r";

function endOfPlain(text: string, from: number, delimiter: string): number {
  let end = from;
  while (end < text.length && text[end] !== delimiter && !isLineEnd(text[end]!)) end++;
  return end;
}

function delimiterOf(text: string): string {
  const first =
    text
      .slice(0, 10_000)
      .split(/\r?\n/)
      .find((line) => line.trim() !== "") ?? "";
  const count = (character: string): number => first.split(character).length - 1;
  const candidates = [",", ";", "\t"];
  return candidates.reduce((best, candidate) => (count(candidate) > count(best) ? candidate : best));
}
