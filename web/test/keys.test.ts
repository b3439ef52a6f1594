import { expect, test } from "vitest";
import { actionOf, type KeyActions } from "../src/ui/keys";

function pressed(...keys: string[]): string[] {
  const did: string[] = [];
  const note = (what: string) => (how?: string) => void did.push(how ? `${what} ${how}` : what);
  const actions: KeyActions = {
    move: note("move"), mode: note("mode"), search: note("search"), fly: note("fly"), close: note("close"), look: note("look"), table: note("table"), back: note("back"), rear: note("rear"), xray: note("xray"), photo: note("photo"),
    play: note("play"), live: note("live"), step: (direction) => void did.push(`step ${direction}`),
  };
  for (const key of keys) actionOf(key, actions)?.();
  return did;
}

test("every key does what the page says", () => {
  expect(pressed("ArrowLeft", "ArrowUp", "1", "4", "/", "f", "Escape", "s", "n", "h", "t", "p", "l", ",", ".", "g", "r", "x", "c")).toEqual([
    "move left", "move up", "mode cpu", "mode status", "search", "fly", "close", "look south", "look north", "look home", "table",
    "play", "live", "step -1", "step 1", "back", "rear", "xray", "photo",
  ]);
});

test("other keys are left to the browser", () => {
  expect(pressed("0", "5", "a", "Tab", "Enter", " ", "F5", "toString")).toEqual([]);
});
