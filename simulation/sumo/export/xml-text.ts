/** Values of attributes; `undefined` leaves the attribute out. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

const escaped = (value: string): string => value.replace(/[&<>"]/g, (character) => escapes[character]!);

/** At most three decimals: SUMO's time and length resolution is a millisecond and a millimetre. */
const shown = (value: string | number): string =>
  typeof value === "number" ? String(Number(value.toFixed(3))) : escaped(value);

/** One element, its children indented below it. */
export function element(name: string, attributes: Attributes, children: readonly string[] = []): string {
  const written = Object.entries(attributes)
    .filter((entry): entry is [string, string | number] => entry[1] !== undefined)
    .map(([key, value]) => ` ${key}="${shown(value)}"`)
    .join("");
  if (children.length === 0) return `<${name}${written}/>`;
  const inner = children.map((child) => `    ${child.replaceAll("\n", "\n    ")}`).join("\n");
  return `<${name}${written}>\n${inner}\n</${name}>`;
}

/** A whole file. */
export const xmlFile = (root: string, children: readonly string[], attributes: Attributes = {}): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${element(root, attributes, children)}\n`;
