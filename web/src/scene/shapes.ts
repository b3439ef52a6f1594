// Owns what one Pi, its light, its glow and its markers look like, as geometry in a cube of edge 1 whose front is +z.
// The instance matrix makes it a Pi's size. Called by nodes, marks and highlight.

import { BufferGeometry, Float32BufferAttribute } from "three";
import { Mason } from "./mason";

const WHITE = 0xffffff;

/** A Pi on edge in its caddy with its light, until the model comes: 80 triangles. The shades make the front the brightest. */
export function piShape(): BufferGeometry {
  const edge = { right: 0.5, left: 0.5, top: 0.7, bottom: 0.35, front: 1, back: 0.15 };
  const port = { right: 0.3, left: 0.3, top: 0.35, bottom: 0.2, front: 0.42, back: 0 };
  const body = new Mason()
    .box([-0.3, 0, -0.04], [0.12, 0.92, 0.92], WHITE, { shade: { right: 0.3, left: 0.22, top: 0.5, bottom: 0.15, front: 0.5, back: 0.2 } })
    .box([0, 0, 0.42], [0.8, 1, 0.1], WHITE, { shade: edge })
    .box([0.02, 0.28, 0.48], [0.5, 0.24, 0.06], WHITE, { shade: port })
    .box([0.02, -0.02, 0.48], [0.5, 0.24, 0.06], WHITE, { shade: port })
    .box([0.02, -0.32, 0.48], [0.5, 0.24, 0.06], WHITE, { shade: { ...port, front: 0.25 } })
    .box([-0.1, 0.05, -0.05], [0.3, 0.26, 0.18], WHITE, { shade: { right: 0.2, left: 0.2, top: 0.3, bottom: 0.1, front: 0.25, back: 0.1 } });
  const corners = body.corners;
  const geometry = body.box([0, 0.455, 0.5], [0.34, 0.07, 0.1], WHITE, { shade: { back: 0 } }).build();
  return finished(geometry, (corner) => (corner < corners ? 1 : 2));
}

/** A small lamp in a cube of edge 1, without a back. */
export function lampShape(): BufferGeometry {
  return new Mason().box([0, 0, 0], [1, 1, 1], WHITE, { shade: { back: 0 } }).build();
}

/** A flat sheet before the front that a soft texture turns into glow. */
export function glowShape(): BufferGeometry {
  const geometry = new BufferGeometry();
  const [w, h, z] = [2.4, 1.15, 0.56];
  geometry.setAttribute("position", new Float32BufferAttribute([-w, -h, z, w, -h, z, w, h, z, -w, h, z], 3));
  geometry.setAttribute("uv", new Float32BufferAttribute([0, 0, 1, 0, 1, 1, 0, 1], 2));
  geometry.setIndex([0, 1, 2, 0, 2, 3]);
  return geometry;
}

/** Lost: a cross in front of the Pi, wider than it. Unit = 1 m here, so the matrix must not scale. */
export function crossShape(): BufferGeometry {
  const bar: [number, number, number] = [0.0085, 0.068, 0.006];
  return new Mason()
    .box([0, 0, 0], bar, WHITE, { roll: 0.62, shade: { back: 0 } })
    .box([0, 0, 0.001], bar, WHITE, { roll: -0.62, shade: { back: 0 } })
    .build();
}

/** Late, rebooting or never heard: a frame around the Pi with a stripe across. In metres, for a Pi of this size. */
export function frameShape(width: number, height: number): BufferGeometry {
  const [w, h, t] = [width + 0.006, height + 0.008, 0.0035];
  return new Mason()
    .box([-w / 2, 0, 0], [t, h, t], WHITE, { shade: { back: 0 } })
    .box([w / 2, 0, 0], [t, h, t], WHITE, { shade: { back: 0 } })
    .box([0, h / 2, 0], [w, t, t], WHITE, { shade: { back: 0 } })
    .box([0, -h / 2, 0], [w, t, t], WHITE, { shade: { back: 0 } })
    .box([0, h / 5, 0], [w * 1.15, t, t], WHITE, { roll: 0.7, shade: { back: 0 } })
    .box([0, -h / 5, 0], [w * 1.15, t, t], WHITE, { roll: 0.7, shade: { back: 0 } })
    .build();
}

/** The twelve edges of a box around the chosen Pi, in the cube of edge 1 that becomes a Pi of this size. */
export function cagedShape(width: number, height: number, depth: number): BufferGeometry {
  const [w, h, d, t] = [width + 0.012, height + 0.012, depth + 0.012, 0.0022];
  const mason = new Mason();
  for (const a of [-0.5, 0.5]) {
    for (const b of [-0.5, 0.5]) {
      mason.box([0, a * h, b * d], [w + t, t, t], WHITE);
      mason.box([a * w, 0, b * d], [t, h + t, t], WHITE);
      mason.box([a * w, b * h, 0], [t, t, d + t], WHITE);
    }
  }
  return finished(mason.build().scale(1 / width, 1 / height, 1 / depth), () => 3);
}

/** With what the shaders must know of each corner: `part` as PART of worn has it. */
function finished(geometry: BufferGeometry, part: (corner: number) => number): BufferGeometry {
  const finish = Array.from({ length: geometry.getAttribute("position").count }, (_, corner) => [0, 0, 0, part(corner)]);
  return geometry.setAttribute("finish", new Float32BufferAttribute(finish.flat(), 4));
}
