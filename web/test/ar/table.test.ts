import { test } from "vitest";
import { align } from "../../src/ar/align";
import type { Lens, Point } from "../../src/ar/lens";
import type { Vec3 } from "../../src/ar/linear";
import { miss } from "../../src/ar/overlay";
import { solvePose, type Seen } from "../../src/ar/pose";
import { Templates } from "../../src/ar/template";
import { corners, dice, hang, IDEAL, look, normal, photograph } from "./studio";
const MARKERS = ([[-0.294, 0.111, 0], [0.287, 0, 0], [-0.294, -0.111, 0], [0.287, -0.155, 0]] as Vec3[]).map((at, n) => hang(n + 5, at));
const T = MARKERS.map((m) => new Templates(m.rows));
const FACE: Vec3[] = [-0.2, -0.1, 0, 0.1, 0.2].flatMap((x) => [-0.15, 0, 0.12].map((y): Vec3 => [x, y, 0]));
const REAL: Lens = { ...IDEAL, fx: IDEAL.fx * 1.015, fy: IDEAL.fy * 1.015, k1: 0.05, k2: -0.02 };
test("table", () => {
  for (const [name, w, lens, free] of [
    ["ideal", { blur: 0.8, noise: 2 }, IDEAL, undefined], ["noise 12", { blur: 0.8, noise: 12 }, IDEAL, undefined], ["motion 5 px", { blur: 0.8, noise: 2, motion: 5 }, IDEAL, undefined],
    ["glare", { blur: 0.8, noise: 2, glare: 1 }, IDEAL, undefined], ["hidden", { blur: 0.8, noise: 2, hidden: 1 }, IDEAL, undefined], ["real fixed", { blur: 0.8, noise: 2 }, REAL, undefined], ["real free", { blur: 0.8, noise: 2 }, REAL, { focal: 0.02, k1: 0.1, placed: 0 }]] as const) {
    const row = [];
    for (const d of [0.7, 1, 1.5, 2]) {
      let worst = 0, lost = 0;
      for (let seed = 1; seed <= 5; seed++) {
        const random = dice(seed * 7);
        const pose = look([(random() - 0.5) * 0.6 * d, (random() - 0.5) * 0.3 * d, d], [0, -0.03, 0], (random() - 0.5) * 0.1);
        const weather: any = { ...w };
        const first = corners(MARKERS[seed % 4]!, pose, lens);
        const span = Math.hypot(first[1]![0] - first[0]![0], first[1]![1] - first[0]![1]);
        if (weather.glare) weather.glare = [{ at: [first[0]![0] + 0.4 * span, first[0]![1] + 0.5 * span], radius: 0.2 * span, level: 160 }];
        if (weather.hidden) weather.hidden = [{ at: [first[0]![0] + 0.55 * span, first[0]![1] - 20], size: [0.12 * span, 1.4 * span] }];
        const pic = photograph(MARKERS, pose, lens, weather, seed);
        const seen = MARKERS.flatMap((m, n): Seen[] => {
          const a = align(pic, IDEAL, T[n]!, corners(m, pose, lens).map(([x, y]): Point => [x + normal(random), y + normal(random)]));
          return a ? [{ places: m.places, pixels: a.corners, information: a.information }] : [];
        });
        lost += 4 - seen.length;
        const s = solvePose(seen, IDEAL, free)!;
        worst = Math.max(worst, ...FACE.map((p) => Math.hypot(...miss(s.pose, s.lens, pose, lens, p, [0, 0, 1])!) * 1000));
      }
      row.push(worst.toFixed(3) + (lost ? ` (lost ${lost})` : ""));
    }
    console.log("row", name, row.join(" | "));
  }
}, 100000);
