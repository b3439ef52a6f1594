// Judges GLB files with Khronos' own validator: prints {file: {errors, warnings, messages}} for the paths it is given.

import { readFile } from "node:fs/promises";
import validator from "gltf-validator";

const told = {};
for (const path of process.argv.slice(2)) {
  const { issues } = await validator.validateBytes(new Uint8Array(await readFile(path)));
  told[path] = {
    errors: issues.numErrors,
    warnings: issues.numWarnings,
    messages: issues.messages.map((one) => `${one.code} ${one.pointer}: ${one.message}`),
  };
}
console.log(JSON.stringify(told));
