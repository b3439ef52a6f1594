// Owns the API reference page: fetches what the server says of itself and hands it to the two renderers.

import { asyncSection } from "./reference/async";
import { openSection } from "./reference/open";
import { record } from "./reference/schema";
import { el, part } from "./ui/dom";
import "./ui/api.css";

const SOURCES = [
  { url: "/api/openapi.json", render: openSection },
  { url: "/api/asyncapi.json", render: asyncSection },
];

async function section({ url, render }: (typeof SOURCES)[number]): Promise<HTMLElement> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    if (!answer.ok) throw new Error(`the server answers ${answer.status}`);
    return render(record(await answer.json()), url);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return el("section", {}, el("h2", {}, url), el("p", { class: "wrong" }, `This part cannot be shown: ${why}. Reload to try again.`));
  }
}

async function show(): Promise<void> {
  const sections = await Promise.all(SOURCES.map(section));
  part("reference").replaceChildren(...sections);
  const links = sections.flatMap((one) => [...one.querySelectorAll<HTMLElement>("h2[id], h3[id]")]);
  part("contents").replaceChildren(
    ...links.map((head) => el("a", { href: `#${head.id}`, class: head.tagName.toLowerCase() }, head.dataset["short"] ?? head.textContent ?? "")),
  );
}

void show();
