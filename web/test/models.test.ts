import { describe, expect, test } from "vitest";
import { ModelError } from "../src/errors";
import { modelFiles, type Fetching } from "../src/models";

const LIST = { "desk.far.glb": { url: "/models/desk.far.1.glb" }, "desk.glb": { url: "/models/desk.2.glb" }, "desk.instanced.glb": { url: "/models/desk.instanced.3.glb" }, "pi.glb": { url: "/models/pi.4.glb" } };

/** A server that answers so, and how long the page waited between its questions. */
function server(answers: Readonly<Record<string, (() => Response)[]>>): Fetching & { asked: string[]; waited: number[] } {
  const [asked, waited]: [string[], number[]] = [[], []];
  return {
    asked, waited,
    fetch: async (url) => {
      asked.push(url);
      const [next, ...rest] = answers[url.replace(/\?.*/, "")] ?? [() => new Response("", { status: 404 })];
      if (rest.length > 0) (answers as Record<string, unknown>)[url.replace(/\?.*/, "")] = rest;
      return next!();
    },
    later: async (ms) => void waited.push(ms),
  };
}

async function all(from: Fetching): Promise<string[]> {
  const found: string[] = [];
  for await (const { detail, bytes, name } of modelFiles(from)) found.push(`${detail} ${name} ${bytes.byteLength}`);
  return found;
}

const json = (value: unknown) => (): Response => new Response(JSON.stringify(value));
const files = Object.fromEntries(Object.values(LIST).map(({ url }) => [url, [(): Response => new Response("12345")]]));

describe("the model's files", () => {
  test("come the roughest first, by the names that the server gives them", async () => {
    const from = server({ ...files, "/models/manifest.json": [json(LIST)] });
    expect(await all(from)).toEqual(["far desk.far.glb 5", "near desk.instanced.glb 5", "pi pi.glb 5"]);
    expect(from.asked).toEqual(["/models/manifest.json?wait", "/models/desk.far.1.glb", "/models/desk.instanced.3.glb", "/models/pi.4.glb"]);
  });

  test("are waited for while the server makes them", async () => {
    const busy = (): Response => new Response("", { status: 503 });
    const from = server({ ...files, "/models/manifest.json": [busy, busy, json(LIST)] });
    expect(await all(from)).toHaveLength(3);
    expect(from.waited).toEqual([2000, 2000]);
  });

  test("are not waited for for ever", async () => {
    const from = server({ "/models/manifest.json": [(): Response => new Response("", { status: 503 })] });
    await expect(all(from)).rejects.toThrow("the server answers 503");
    expect(from.waited).toHaveLength(5);
  });

  test.each([
    ["no list", {}, "the server answers 404"],
    ["a list without the far one", { "/models/manifest.json": [json({ "pi.glb": LIST["pi.glb"] })] }, "*.far.glb is not among"],
    ["a file that is gone", { "/models/manifest.json": [json(LIST)] }, "desk.far.glb is not served: the server answers 404"],
  ])("%s is an error that says so", async (_, answers, wrong) => {
    await expect(all(server(answers))).rejects.toThrow(ModelError);
    await expect(all(server(answers))).rejects.toThrow(wrong);
  });
});
