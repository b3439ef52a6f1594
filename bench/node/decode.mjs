// How long the page's own decoder takes for a frame, and JSON.parse for the plain design's text.
//
//     decode.mjs WEB WORK SECONDS     reads WORK/frame.bin and WORK/plain.json, prints {"frame.bin": us, "plain.json": us}
//
// Bundles WEB/src/frame.ts with the bundler that web/ has installed (Vite's). Called by bench/frame.py.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [web, work, seconds] = process.argv.slice(2);
const require = createRequire(join(web, "package.json"));
const { build } = await import(pathToFileURL(require.resolve("rolldown")));
const file = join(work, "frame.mjs");
await build({ input: join(web, "src/frame.ts"), output: { file, format: "esm" }, logLevel: "silent" });
const { decodeFrame } = await import(pathToFileURL(file));

const frame = new Uint8Array(readFileSync(join(work, "frame.bin")));
const text = readFileSync(join(work, "plain.json"), "utf8");

function best(act) {
  for (let i = 0; i < 50; i++) act();
  let least = Infinity;
  for (let stretch = 0; stretch < 5; stretch++) {
    const began = performance.now();
    let times = 0;
    while (performance.now() - began < (Number(seconds) * 1000) / 5) {
      act();
      times++;
    }
    least = Math.min(least, (1000 * (performance.now() - began)) / times);
  }
  return least;
}

console.log(JSON.stringify({ "frame.bin": best(() => decodeFrame(frame)), "plain.json": best(() => JSON.parse(text)) }));
