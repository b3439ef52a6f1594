// Runs probe.py of the current folder in the pyodide whose folder is the argument. others.py starts it.
import { pathToFileURL } from "node:url";

const [, , at] = process.argv;
const { loadPyodide } = await import(pathToFileURL(`${at}/pyodide.mjs`).href);
const python = await loadPyodide({ indexURL: `${at}/` });
python.FS.mkdir("/here");
python.FS.mount(python.FS.filesystems.NODEFS, { root: process.cwd() }, "/here");
try {
  python.runPython(`
import os, sys
os.chdir("/here")
sys.path.insert(0, "/here")
sys.dont_write_bytecode = True
import probe
probe.main("cases.json", "found.json")
`);
} catch (error) {
  // Left to node, this would be one line of some megabytes: the source of the machine.
  console.error(error.message);
  process.exitCode = 1;
}
