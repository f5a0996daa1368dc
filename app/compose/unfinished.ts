import { existsSync, readFileSync } from "node:fs";

interface Entry {
  readonly action: string;
  readonly data: { readonly command?: string };
}

/**
 * Ids of commands in an audit trail without an outcome or a denial, oldest first: the engine ended between sending and
 * hearing. Lines that are no entries are left to the trail's own check.
 */
export function unfinishedCommands(path: string): readonly string[] {
  if (!existsSync(path)) return [];
  const open = new Set<string>();
  for (const line of readFileSync(path, "utf8").split("\n")) {
    const entry = entryOf(line);
    const id = entry?.data?.command;
    if (!entry || id === undefined) continue;
    if (entry.action.startsWith("command:")) open.add(id);
    else if (entry.action.startsWith("outcome:") || entry.action === "denied") open.delete(id);
  }
  return [...open];
}

function entryOf(line: string): Entry | undefined {
  try {
    return JSON.parse(line) as Entry;
  } catch {
    return undefined;
  }
}
