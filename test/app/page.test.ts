import { existsSync, readFileSync, statSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { lastValueFrom, toArray } from "rxjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCity } from "../../app/city-files.ts";
import { openDuckStore } from "../../engine/store/duck-store.ts";
import { balikpapan, type Child, child, root, scratch } from "./simpang.ts";

/** Debian's chromium, which we did not write. */
const launch = {
  executablePath: "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
};

describe("a run with its page", () => {
  const city = readCity(balikpapan);
  const names = [...city.corridors.values()].flatMap(({ junctions }) =>
    junctions.map((id) => city.junctions.get(id)!.name),
  );
  let run: Child;
  let out: string;
  let url: string;
  let browser: Browser;
  let page: Page;
  const wrong: string[] = [];
  beforeAll(async () => {
    out = join(scratch(), "run");
    run = child(["run", "--port", "0", "--speed", "20", "--out", out]);
    url = (await run.line(/page at/)).match(/http:\S+/)![0];
    browser = await chromium.launch(launch);
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on("pageerror", (error) => wrong.push(error.message));
    page.on("requestfailed", (failed) => wrong.push(failed.url()));
    await page.goto(url);
    await page.waitForSelector('#link[data-state="live"]');
  }, 90_000);
  afterAll(async () => {
    await browser.close();
  });

  it("shows every junction with its mode, its phases and what is known of each approach", async () => {
    await page.waitForSelector(".phase.green");
    expect(await page.locator("article h3").allInnerTexts()).toHaveLength(names.length);
    const text = await page.locator("main").innerText();
    for (const name of names) expect(text).toContain(name);
    const rows = [...city.junctions.values()].reduce((total, { approaches }) => total + approaches.length, 0);
    expect(await page.locator("article tr:has(td)").count()).toBe(rows);
    expect(await page.locator(".map .node").count()).toBe(names.length);
    expect(await page.locator("#notice").innerText()).toContain("Simulated street");
  }, 60_000);

  it("goes on by itself: the clock runs, lamps change, vehicles come", async () => {
    const look = async () => [await page.locator("#clock").innerText(), await page.locator("main").innerText()];
    const [clock, main] = await look();
    await expect.poll(async () => (await look())[0], { timeout: 20_000 }).not.toBe(clock);
    await expect.poll(async () => (await look())[1], { timeout: 20_000 }).not.toBe(main);
    const present = async () => Number((await page.locator(".figure b").first().innerText()).replaceAll(",", ""));
    await expect.poll(present, { timeout: 20_000 }).toBeGreaterThan(5);
    expect(wrong).toEqual([]);
  }, 60_000);

  it("gives the same state to anyone who asks, on loopback only", async () => {
    const state = (await (await fetch(`${url}/api/v1/live`)).json()) as {
      corridors: { junctions: { name: string }[] }[];
    };
    expect(state.corridors.flatMap(({ junctions }) => junctions.map(({ name }) => name))).toEqual(names);
    expect(new URL(url).hostname).toBe("127.0.0.1");
    expect((await fetch(`${url}/../package.json`)).status).toBe(404);
  });

  it("takes counts over the webhook, and says what is wrong with others", async () => {
    const answer = await fetch(`${url}/ingest/v1/counts`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"schema":"atcs-count/1"}',
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ accepted: 0 });
  });

  it("ends cleanly on Ctrl-C while a page is open: cabinets released, store closed, summary, exit code 0", async () => {
    const hanging = request(`${url}/api/v1/live/stream`).on("error", () => undefined);
    hanging.end();
    run.process.kill("SIGINT");
    const { code, out: said, error } = await run.ended;
    expect([code, error]).toEqual([0, ""]);
    expect(said).toContain("vehicles served");
    expect(said).toContain("scheduled plans");
    const trail = readFileSync(join(out, "audit.jsonl"), "utf8").trim().split("\n");
    expect(trail.filter((line) => line.includes('"command:release"'))).toHaveLength(names.length);
    expect(trail.at(-1)).toContain("record:sealed");
    const store = await openDuckStore(join(out, "history.duckdb"));
    const ends = await lastValueFrom(store.query({ kinds: ["run"] }).pipe(toArray()));
    await store.close();
    expect(ends.map(({ data }) => (data as { phase: string }).phase)).toEqual([
      "start",
      "corridor-started",
      "corridor-ended",
      "end",
    ]);
    expect(existsSync(join(out, "spool"))).toBe(true);
  }, 90_000);
});

describe("the README's screenshot", () => {
  it("is there and small", () => {
    expect(statSync(join(root, "app/web/screenshot.png")).size).toBeLessThan(300_000);
  });
});
