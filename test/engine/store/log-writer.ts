/** Appends to an event log or an audit trail for ever and says so after each; the test kills it. Arguments: what, file. */
import { instant } from "../../../config/units.ts";
import { openAudit } from "../../../engine/store/audit.ts";
import { jsonlLog } from "../../../engine/store/jsonl-log.ts";

const [what, path] = process.argv.slice(2);
const data = { text: "x".repeat(200) };
const log = what === "audit" ? undefined : jsonlLog(path!);
const trail = what === "audit" ? openAudit(path!) : undefined;
for (let i = 0; ; i++) {
  log?.append({ at: instant(i), kind: "run", subject: "r", data });
  trail?.append({ at: instant(i), action: "command:plan", subject: "a", data });
  await new Promise((resolve) => process.stdout.write(`${i}\n`, resolve));
}
