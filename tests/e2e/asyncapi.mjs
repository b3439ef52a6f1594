// Reads an AsyncAPI document with AsyncAPI's own parser: node asyncapi.mjs FILE
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const { document, diagnostics } = await new Parser().parse(readFileSync(process.argv[2], "utf8"));
const told = diagnostics.map(({ code, message, path, severity }) => ({ code, message, path, severity }));
const channels = document ? document.channels().all().map((each) => each.address()).sort() : [];
console.log(JSON.stringify({ diagnostics: told, channels, operations: document ? document.operations().all().length : 0 }));
process.exit(0);
