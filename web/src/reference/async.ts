// Owns the reading of an AsyncAPI 3 document: a heading a channel (a socket.io namespace), then its events by direction.
// Called by the api page.

import { el } from "../ui/dom";
import { fields, follow, record, text, type Json } from "./schema";

export function asyncSection(root: Json, url: string): HTMLElement {
  const info = record(root["info"]);
  const head = el("h2", { id: "events" }, text(info["title"]) || "socket.io");
  head.dataset["short"] = "socket.io";
  const intro = el("p", {}, text(info["description"]), " ", el("a", { href: url }, "The document itself"));
  const channels = Object.entries(record(root["channels"]));
  return el("section", {}, head, intro, ...channels.map(([name, one]) => channel(root, name, record(one))));
}

function channel(root: Json, name: string, one: Json): HTMLElement {
  const address = text(one["address"]) || name;
  const head = el("h3", { id: `channel-${name.replace(/\W+/g, "-")}` }, el("code", {}, address));
  head.dataset["short"] = address;
  const ways = new Map(directions(root, name).map(([message, way]) => [message, way]));
  const messages = Object.entries(record(one["messages"]));
  return el("article", {}, head, el("p", {}, text(one["description"])),
    ...messages.map(([key, value]) => message(root, key, follow(root, value), ways.get(key) ?? "")));
}

/** Which way each message of a channel goes, from the operations that name it; "send" is the server's. */
function directions(root: Json, channelName: string): [string, string][] {
  const found: [string, string][] = [];
  for (const value of Object.values(record(root["operations"]))) {
    const operation = follow(root, value);
    if (text(record(operation["channel"])["$ref"]).split("/").at(-1) !== channelName) continue;
    const words = text(operation["action"]) === "send" ? "server sends" : "server receives";
    const named = Array.isArray(operation["messages"]) ? operation["messages"] : [];
    for (const one of named) found.push([text(record(one)["$ref"]).split("/").at(-1) ?? "", words]);
  }
  return found;
}

function message(root: Json, key: string, what: Json, way: string): HTMLElement {
  const title = el("h4", {}, el("code", {}, text(what["name"]) || key), el("small", {}, ` ${way}`));
  const words = [text(what["summary"]), text(what["description"])].filter(Boolean).join(" ");
  return el("div", { class: "event" }, title, el("p", {}, words), fields(root, what["payload"]));
}
