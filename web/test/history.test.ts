import { describe, expect, test } from "vitest";
import { History, type Get } from "../src/history";

const span = { from: 60_000, to: 180_000 };
const band = { min: [1, null], mean: [2, null], max: [3, null] };

function answering(body: unknown, status = 200): { history: History; asked: string[] } {
  const asked: string[] = [];
  const get: Get = async (url) => {
    asked.push(url);
    return { ok: status < 400, status, json: async () => body };
  };
  return { history: new History(get), asked };
}

const aggregate = { step_ms: 60_000, groups: ["all"], t_ms: [60_000, 120_000], count: [[7, 0]], cpu: { min: [band.min], mean: [band.mean], max: [band.max] } };

test("everybody's answer becomes columns, unknown is NaN", async () => {
  const { history, asked } = answering(aggregate);
  expect(await history.everybody(span, 60_000, "cpu")).toEqual({
    step: 60_000, t: [60_000, 120_000], count: [7, 0], min: [1, NaN], mean: [2, NaN], max: [3, NaN],
  });
  expect(asked).toEqual(["/api/history/aggregate?by=all&from=60000&to=180000&step=60000&metric=cpu"]);
});

test("a node's answer has every metric", async () => {
  const body = { step_ms: 800, t_ms: [60_000, 61_000], count: [1, 0], cpu: band, temperature: band, memory: band, disk: band };
  const { history, asked } = answering(body);
  const found = await history.node("172.20.80.206-8", span, 150);
  expect(found.temperature).toEqual({ step: 800, t: [60_000, 61_000], count: [1, 0], min: [1, NaN], mean: [2, NaN], max: [3, NaN] });
  expect(Object.keys(found)).toEqual(["cpu", "temperature", "memory", "disk"]);
  expect(asked[0]).toBe("/api/history/node/172.20.80.206-8?from=60000&to=180000&points=150");
});

test("the extent says when nothing is kept", async () => {
  expect(await answering({ first_ms: -1, last_ms: -1 }).history.extent()).toEqual({ firstMs: -1, lastMs: -1 });
});

describe("what goes wrong is said in words", () => {
  async function words(history: History): Promise<string> {
    return history.everybody(span, 60_000, "cpu").then(() => "no error", (error: Error) => error.message);
  }

  test("by the server", async () => {
    const error = { code: "no_history", message: "nothing is kept yet", retry: true };
    const { history } = answering({ status: "false", error }, 503);
    await expect(history.extent()).rejects.toMatchObject({ code: "history_no_history", retry: true });
    expect(await words(history)).toBe("The history says: nothing is kept yet.");
  });

  test("when the server knows no history", async () => {
    expect(await words(answering("not found", 404).history)).toBe("This server keeps no history.");
    expect(await words(answering(null, 502).history)).toContain("answers 502");
  });

  test("when nobody answers", async () => {
    expect(await words(new History(() => Promise.reject(new TypeError("fetch failed"))))).toBe("The history cannot be reached.");
  });

  test("when the answer is not what this page can read", async () => {
    for (const body of [null, [], {}, { ...aggregate, step_ms: 0 }, { ...aggregate, t_ms: [1] }, { ...aggregate, cpu: 5 }, { ...aggregate, count: [] }]) {
      expect(await words(answering(body).history)).toContain("reload");
    }
  });

  test("but a question that was given up is no fault of the history", async () => {
    const given = new AbortController();
    const history = new History((_, signal) => new Promise((_ok, no) => signal.addEventListener("abort", () => no(signal.reason))));
    const asked = history.everybody(span, 60_000, "cpu", given.signal);
    given.abort();
    await expect(asked).rejects.toMatchObject({ name: "AbortError" });
  });
});
