import type { Findings } from "../fault.ts";
import type { Files } from "../files.ts";

/** Every rule that needs more than one value or one file. */
export function checkFiles(_files: Files, _findings: Findings, _directory: string): void {}
