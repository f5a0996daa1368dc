import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { firstValueFrom, take, toArray } from "rxjs";
import { describe, expect, it, onTestFinished } from "vitest";
import { instant } from "../../../config/units.ts";
import type { Event, EventStore, Json } from "../../../engine/ports/event-store.ts";
import { InvalidEventError } from "../../../engine/store/canonical.ts";
import { openDuckStore, StoreError } from "../../../engine/store/duck-store.ts";
import { firstLine, killWhen, start } from "./child.ts";
import { ask, event, put, tempFolder } from "./support.ts";

async function opened(path = join(tempFolder(), "history.duckdb")): Promise<EventStore> {
  const store = await openDuckStore(path);
  onTestFinished(() => store.close());
  return store;
}

describe("history in a file", () => {
  it("gives back what was put in, whatever JSON it is", async () => {
    const path = join(tempFolder(), "history.duckdb");
    const store = await openDuckStore(path);
    const odd: Json = {
      z: 1,
      a: [null, true, -1.5, "Jl. MT Haryono – “stasiun” \u0000\n'; drop table event; --"],
      "": {},
    };
    const batch: readonly Event[] = [
      event(0, odd),
      event(1_800_000_000_123, "text", "human", "Rapak 'A'"),
      event(-5, [], "alarm", ""),
    ];
    await put(store, batch);
    await store.close();
    const again = await opened(path);
    expect(await ask(again)).toEqual([batch[2], batch[0], batch[1]]);
  });

  it("answers in order of time, then of arrival, also across batches", async () => {
    const store = await opened();
    await put(store, [event(20, "first"), event(10, "early"), event(20, "second")]);
    await put(store, [event(20, "third"), event(15, "between")]);
    expect((await ask(store)).map(({ data }) => data)).toEqual(["early", "between", "first", "second", "third"]);
  });

  it("keeps the order of arrival over a restart", async () => {
    const path = join(tempFolder(), "history.duckdb");
    const store = await openDuckStore(path);
    await put(store, [event(1, "a"), event(1, "b")]);
    await store.close();
    const again = await opened(path);
    await put(again, [event(1, "c")]);
    expect((await ask(again)).map(({ data }) => data)).toEqual(["a", "b", "c"]);
  });

  it("keeps rows in order past one vector and one batch", async () => {
    const store = await opened();
    const batch = Array.from({ length: 5000 }, (_, i) => event(7, i));
    await put(store, batch);
    await put(store, batch.slice(0, 3));
    const found = await ask(store);
    expect(found.map(({ data }) => data)).toEqual([...batch, ...batch.slice(0, 3)].map(({ data }) => data));
  });

  it("takes an empty batch", async () => {
    const store = await opened();
    await put(store, []);
    expect(await ask(store)).toEqual([]);
  });

  it("writes nothing before somebody subscribes", async () => {
    const store = await opened();
    store.append([event(1)]);
    expect(await ask(store)).toEqual([]);
  });

  it("keeps the order of batches that are put in at once", async () => {
    const store = await opened();
    await Promise.all(Array.from({ length: 20 }, (_, i) => put(store, [event(5, i)])));
    expect((await ask(store)).map(({ data }) => data)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });
});

describe("queries", () => {
  const rows: readonly Event[] = [
    event(10, 1, "decision", "a"),
    event(20, 2, "denial", "a"),
    event(30, 3, "decision", "b"),
    event(40, 4, "alarm", "b"),
  ];

  it.each([
    [{}, [1, 2, 3, 4]],
    [{ kinds: ["decision"] }, [1, 3]],
    [{ kinds: ["alarm", "denial"] }, [2, 4]],
    [{ kinds: [] }, []],
    [{ subject: "b" }, [3, 4]],
    [{ subject: "a' or '1'='1" }, []],
    [{ from: instant(20) }, [2, 3, 4]],
    [{ from: instant(21) }, [3, 4]],
    [{ to: instant(40) }, [1, 2, 3]],
    [{ to: instant(41) }, [1, 2, 3, 4]],
    [{ limit: 2 }, [1, 2]],
    [{ limit: 0 }, []],
    [{ kinds: ["decision", "alarm"], subject: "b", from: instant(30), to: instant(40), limit: 5 }, [3]],
  ] as const)("%j finds %j", async (query, expected) => {
    const store = await opened();
    await put(store, rows);
    expect((await ask(store, query)).map(({ data }) => data)).toEqual(expected);
  });

  it("run side by side, and may be left early, while more is put in", async () => {
    const store = await opened();
    await put(
      store,
      Array.from({ length: 6000 }, (_, i) => event(i, i)),
    );
    const [few, all] = await Promise.all([
      firstValueFrom(store.query({}).pipe(take(2), toArray())),
      ask(store),
      put(store, [event(9999, "later")]),
    ]);
    expect(few.map(({ data }) => data)).toEqual([0, 1]);
    expect(all.length).toBeGreaterThanOrEqual(6000);
    expect(await ask(store, { from: instant(9999) })).toEqual([event(9999, "later")]);
  });
});

describe("what cannot be kept", () => {
  it.each([
    { ...event(1), at: 1.5 },
    { ...event(1), at: Number.NaN },
    { ...event(1), kind: "gossip" },
    { ...event(1), data: undefined },
  ])("refuses a batch with %j and keeps none of it", async (wrong) => {
    const store = await opened();
    await expect(put(store, [event(1), wrong as Event])).rejects.toThrow(InvalidEventError);
    await put(store, [event(2, "next")]);
    expect(await ask(store)).toEqual([event(2, "next")]);
  });

  it("refuses to go on after it was closed, and closes once", async () => {
    const store = await opened();
    await store.close();
    await store.close();
    await expect(put(store, [event(1)])).rejects.toThrow(/history\.duckdb is closed; open it again/);
    await expect(ask(store)).rejects.toThrow(StoreError);
  });

  it("keeps what was on its way when it was closed", async () => {
    const path = join(tempFolder(), "history.duckdb");
    const store = await openDuckStore(path);
    const writing = put(store, [event(1)]);
    await store.close();
    await writing;
    expect(await ask(await opened(path))).toHaveLength(1);
  });
});

describe("a file that cannot be opened", () => {
  it("names file and mend when this process has it open", async () => {
    const path = join(tempFolder(), "history.duckdb");
    const store = await opened(path);
    await expect(openDuckStore(path)).rejects.toThrow(
      `${path} is already open in this process; one process owns a history file: stop that run, or give another folder`,
    );
    await put(store, [event(1)]);
    await store.close();
    expect(await ask(await opened(path))).toHaveLength(1);
  });

  it("names file, process and mend when another process has it open", async () => {
    const path = join(tempFolder(), "history.duckdb");
    const child = start("duck-writer.ts", path);
    expect(await firstLine(child)).toBe("open");
    await expect(openDuckStore(path)).rejects.toThrow(
      `${path} is already open in PID ${child.pid}; one process owns a history file: stop that run, or give another folder`,
    );
  });

  it("names file and mend for a missing folder", async () => {
    const path = join(tempFolder(), "missing", "history.duckdb");
    await expect(openDuckStore(path)).rejects.toThrow(
      `${path} cannot be opened: its folder does not exist; make the folder first`,
    );
    expect(existsSync(path)).toBe(false);
    mkdirSync(join(path, ".."));
    await put(await opened(path), [event(1)]);
  });

  it("names file and mend for a file of another kind, and leaves it as it was", async () => {
    const path = join(tempFolder(), "history.duckdb");
    writeFileSync(path, "no database ".repeat(1000));
    await expect(openDuckStore(path)).rejects.toThrow(
      `${path} is not a history file: move it away, or give another folder`,
    );
  });
});

describe("kill -9", () => {
  it("loses nothing that was said to be durable, and leaves no half batch", async () => {
    const path = join(tempFolder(), "history.duckdb");
    const rows = 300;
    const said = await killWhen(start("duck-writer.ts", path, String(rows)), (line) => line === "20");
    const last = Number(said.at(-1));
    expect(last).toBeGreaterThanOrEqual(20);
    const found = await ask(await opened(path));
    const batches = found.length / rows;
    expect(batches).toBeGreaterThanOrEqual(last + 1);
    expect(Number.isInteger(batches)).toBe(true);
    found.forEach((row, i) => {
      expect(row.data).toEqual({ batch: Math.floor(i / rows), i: i % rows });
    });
  });
});
