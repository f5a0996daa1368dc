import { Command, InvalidArgumentError } from "commander";
import { defaultConfig, readCity } from "../city-files.ts";

interface ReportFlags {
  readonly config: string;
  readonly day?: string;
  readonly json?: true;
}

function localDay(text: string): string {
  const at = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== text)
    throw new InvalidArgumentError("Give a local day such as 2026-02-03.");
  return text;
}

export const reportCommand = (): Command =>
  new Command("report")
    .description(
      "One day of a recorded run: delay by the greens that were shown, what the scheduled plans would have cost on the same arrivals, and the longest waits on foot.",
    )
    .argument("<run>", "folder of a run that has ended (its --out folder)")
    .option("--day <date>", "local day such as 2026-02-03; default: the last one recorded", localDay)
    .option("--config <dir>", "the configuration it ran with", defaultConfig)
    .option("--json", "print the report as JSON")
    .addHelpText("after", "\nBoth delays are the model's; its error is printed beside them.")
    .action(async (run: string, { config, day, json }: ReportFlags) => {
      const city = readCity(config);
      const { dayReports } = await import("../compose/day-report.ts");
      const { dayReportJson, dayReportText } = await import("../compose/day-report-text.ts");
      const reports = await dayReports(city, run, day);
      process.stdout.write(
        json
          ? `${JSON.stringify(reports.map(dayReportJson), null, 2)}\n`
          : reports.map((report) => dayReportText(city, report)).join("\n"),
      );
    });
