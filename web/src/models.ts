// Owns the fetching of the model's files: the list of them, a wait while the server still makes them, and which file is
// which. Knows nothing of what is in them. Called by main for the scene, and by ui/room.

import { ModelError } from "./errors";

/** Name -> where it is, with its hash in it, so that the browser may keep it for ever. */
export type Manifest = Readonly<Record<string, { readonly url: string }>>;
export type Detail = "far" | "near" | "pi";

const DETAILS: readonly Detail[] = ["far", "near", "pi"];
const WAIT_MS = 20_000;
/** A server that makes its files holds the question for ten seconds at a time. */
const TRIES = 6;
const AGAIN_MS = 2000;
const SUFFIX: Readonly<Record<Detail, string>> = { far: ".far.glb", near: ".instanced.glb", pi: "pi.glb" };

export interface Fetching {
  readonly fetch: (url: string, options: { signal: AbortSignal }) => Promise<Response>;
  readonly later: (ms: number) => Promise<void>;
}

/** The model's files, the roughest first, as they come. Throws ModelError when there are none (any more). */
export async function* modelFiles(how: Fetching): AsyncGenerator<{ detail: Detail; bytes: ArrayBuffer; name: string }> {
  const list = await modelList(how);
  for (const detail of DETAILS) yield { detail, ...(await file(list, detail, how)) };
}

/** With the browser's own fetch. */
export const FETCHING: Fetching = {
  fetch: (url, options) => fetch(url, options),
  later: (ms) => new Promise((done) => setTimeout(done, ms)),
};

/** What this server serves of a model. Throws ModelError when it serves none. */
export async function modelList({ fetch, later }: Fetching): Promise<Manifest> {
  for (let attempt = 1; ; attempt++) {
    const answer = await fetch("/models/manifest.json?wait", { signal: AbortSignal.timeout(WAIT_MS) });
    if (answer.ok) return (await answer.json()) as Manifest;
    if (answer.status !== 503 || attempt === TRIES) {
      throw new ModelError("The model", `is not served: the server answers ${answer.status}`);
    }
    await later(AGAIN_MS);
  }
}

/** The bytes of one of its files. Throws ModelError. */
async function file(list: Manifest, detail: Detail, { fetch }: Fetching): Promise<{ bytes: ArrayBuffer; name: string }> {
  const name = Object.keys(list).find((one) => one.endsWith(SUFFIX[detail]));
  if (name === undefined) throw new ModelError(`*${SUFFIX[detail]}`, "is not among the model's files");
  const answer = await fetch(list[name]!.url, { signal: AbortSignal.timeout(WAIT_MS) });
  if (!answer.ok) throw new ModelError(name, `is not served: the server answers ${answer.status}`);
  return { bytes: await answer.arrayBuffer(), name };
}
