/** Median (least, most). */
export function spread(values: readonly number[], digits = 1): string {
  const sorted = [...values].sort((a, b) => a - b);
  const shown = (value: number) => value.toFixed(digits);
  return `${shown(sorted[sorted.length >> 1]!)} (${shown(sorted[0]!)}, ${shown(sorted.at(-1)!)})`;
}

export const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
