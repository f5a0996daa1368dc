/** Appends batches for ever and says so after each; the test kills it. Arguments: file, rows a batch. */
import { lastValueFrom } from "rxjs";
import { instant } from "../../../config/units.ts";
import { openDuckStore } from "../../../engine/store/duck-store.ts";

const [path, rows] = process.argv.slice(2);
const store = await openDuckStore(path!);
process.stdout.write("open\n");
for (let batch = 0; rows !== undefined; batch++) {
  const events = Array.from({ length: Number(rows) }, (_, i) => ({
    at: instant(batch * Number(rows) + i),
    kind: "reading" as const,
    subject: "a",
    data: { batch, i },
  }));
  await lastValueFrom(store.append(events), { defaultValue: undefined });
  process.stdout.write(`${batch}\n`);
}
// Without rows it only holds the file.
setInterval(() => undefined, 1000);
