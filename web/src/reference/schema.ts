// Owns how a JSON schema reads to a person: its fields as a table, references followed by name. Needs the page's DOM.
// Called by open and async.

import { el } from "../ui/dom";

export type Json = Readonly<Record<string, unknown>>;

const DEEPEST = 4;

export function record(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

export function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Follows "$ref": "#/a/b" within its own document; a reference that leads nowhere is itself. */
export function follow(root: Json, value: unknown): Json {
  let at = record(value);
  for (let hops = 0; hops < 8 && typeof at["$ref"] === "string"; hops++) {
    const path = at["$ref"].replace(/^#\//, "").split("/");
    const next = path.reduce<unknown>((from, key) => record(from)[key.replaceAll("~1", "/").replaceAll("~0", "~")], root);
    if (next === undefined) return at;
    at = record(next);
  }
  return at;
}

/** A schema in one line: "text", "list of number", "one of snapshot, delta". */
export function typeOf(root: Json, value: unknown): string {
  const schema = follow(root, value);
  if (Array.isArray(schema["enum"])) return `one of ${schema["enum"].map((one) => JSON.stringify(one)).join(", ")}`;
  if ("const" in schema) return JSON.stringify(schema["const"]);
  for (const key of ["oneOf", "anyOf"]) {
    const choices = schema[key];
    if (Array.isArray(choices)) return choices.map((one) => typeOf(root, one)).join(" or ");
  }
  const type = Array.isArray(schema["type"]) ? schema["type"].join(" or ") : text(schema["type"]);
  if (type === "array") return `list of ${typeOf(root, schema["items"])}`;
  return type || (schema["properties"] ? "object" : "anything");
}

/** The fields of an object, one a line; those of its inner objects below it, indented. */
export function fields(root: Json, value: unknown, depth = 0): HTMLElement {
  const schema = follow(root, value);
  if (text(schema["type"]) === "array") return fields(root, schema["items"], depth);
  const required = new Set(Array.isArray(schema["required"]) ? schema["required"] : []);
  const entries = Object.entries(record(schema["properties"]));
  if (entries.length === 0) return el("p", { class: "type" }, typeOf(root, schema), about(schema));
  return el("dl", { class: "fields" }, ...entries.flatMap(([name, inner]) => field(root, name, inner, required.has(name), depth)));
}

function field(root: Json, name: string, value: unknown, needed: boolean, depth: number): HTMLElement[] {
  const schema = follow(root, value);
  const body = el("dd", {}, el("span", { class: "type" }, typeOf(root, schema)), about(schema));
  const inner = follow(root, text(schema["type"]) === "array" ? schema["items"] : schema);
  if (inner["properties"] && depth < DEEPEST) body.append(fields(root, inner, depth + 1));
  return [el("dt", {}, el("code", {}, name), needed ? "" : el("small", {}, " optional")), body];
}

function about(schema: Json): string {
  const words = text(schema["description"]);
  return words ? ` ${words}` : "";
}
