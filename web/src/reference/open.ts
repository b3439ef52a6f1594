// Owns the reading of an OpenAPI document: a heading a path and method, then what goes in and what comes out.
// Called by the api page.

import { el } from "../ui/dom";
import { fields, follow, record, text, typeOf, type Json } from "./schema";

const METHODS = ["get", "post", "put", "delete", "patch", "head"];

export function openSection(root: Json, url: string): HTMLElement {
  const info = record(root["info"]);
  const head = el("h2", { id: "http" }, text(info["title"]) || "HTTP");
  head.dataset["short"] = "HTTP";
  const intro = el("p", {}, text(info["description"]), " ", el("a", { href: url }, "The document itself"));
  const paths = Object.entries(record(root["paths"]));
  return el("section", {}, head, intro, ...paths.flatMap(([path, item]) => operations(root, path, record(item))));
}

function operations(root: Json, path: string, item: Json): HTMLElement[] {
  return METHODS.filter((method) => item[method]).map((method) => operation(root, path, method, record(item[method])));
}

function operation(root: Json, path: string, method: string, what: Json): HTMLElement {
  const name = `${method.toUpperCase()} ${path}`;
  const id = name.replace(/\W+/g, "-").toLowerCase();
  const head = el("h3", { id }, el("b", { class: `method ${method}` }, method.toUpperCase()), el("code", {}, path));
  head.dataset["short"] = name;
  const box = el("article", {}, head, el("p", {}, [text(what["summary"]), text(what["description"])].filter(Boolean).join(". ")));
  const parameters = Array.isArray(what["parameters"]) ? what["parameters"] : [];
  if (parameters.length > 0) box.append(el("h4", {}, "Parameters"), lines(parameters.flatMap((one) => parameter(root, one))));
  for (const [type, schema] of contents(root, what["requestBody"])) box.append(el("h4", {}, `Body · ${type}`), fields(root, schema));
  const answers = Object.entries(record(what["responses"]));
  box.append(el("h4", {}, "Answers"), lines(answers.flatMap(([code, answer]) => response(root, code, answer))));
  return box;
}

function lines(inside: HTMLElement[]): HTMLElement {
  return el("dl", { class: "fields" }, ...inside);
}

function parameter(root: Json, value: unknown): HTMLElement[] {
  const one = follow(root, value);
  const where = `${text(one["in"])}${one["required"] === true ? "" : ", optional"}`;
  return [
    el("dt", {}, el("code", {}, text(one["name"])), el("small", {}, ` ${where}`)),
    el("dd", {}, el("span", { class: "type" }, typeOf(root, one["schema"])), ` ${text(one["description"])}`),
  ];
}

function response(root: Json, code: string, value: unknown): HTMLElement[] {
  const answer = follow(root, value);
  const bodies = contents(root, answer).map(([, schema]) => fields(root, schema));
  return [el("dt", {}, el("code", {}, code)), el("dd", {}, text(answer["description"]), ...bodies)];
}

function contents(root: Json, value: unknown): [string, unknown][] {
  return Object.entries(record(follow(root, value)["content"])).map(([type, media]) => [type, record(media)["schema"]]);
}
