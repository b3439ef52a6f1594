import { expect, test } from "vitest";
import { Presses } from "../src/ui/presses";

function press(presses: Presses, x: number, now: number, to = x): string {
  presses.down(x, 50);
  return presses.up(to, 50, now);
}

test("two presses on one spot are a double one, a third begins anew", () => {
  const presses = new Presses();
  expect([press(presses, 10, 0), press(presses, 12, 200), press(presses, 12, 400), press(presses, 12, 500)]).toEqual(["once", "twice", "once", "twice"]);
});

test("too late or too far away is another press", () => {
  const presses = new Presses();
  expect([press(presses, 10, 0), press(presses, 10, 500), press(presses, 60, 600)]).toEqual(["once", "once", "once"]);
});

test("a press that wanders turns the view and chooses nothing", () => {
  const presses = new Presses();
  expect([press(presses, 10, 0, 40), press(presses, 10, 100)]).toEqual(["turned", "once"]);
});
