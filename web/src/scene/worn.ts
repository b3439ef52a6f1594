// Owns what the scene is built of once the model has come: its pieces set up where the layout says, welded into few
// geometries. Positions are the layout's own; the file gives shapes only, and must be of the same layout. Pure but for
// three's buffers. Called by scene; the shaders that read `finish` are paintwork's.
//
//   finish = (metal, rough, glow, part)      part: 0 its own colour, 1 the state's colour, 2 the Pi's light, 3 bright

import { BufferGeometry, Float32BufferAttribute, Matrix4, Quaternion, Uint32BufferAttribute, Vector3 } from "three";
import { ModelError } from "../errors";
import type { Layout, Triple } from "../layout";
import { linear } from "../palette";
import type { Model, Piece, Surface } from "./glb";
import { cagedShape } from "./shapes";

export const PART = { own: 0, state: 1, light: 2, bright: 3 } as const;

/** Everything that does not change while the model is worn. */
export interface Worn {
  readonly solid: BufferGeometry;
  readonly glass: BufferGeometry | null;
  /** In a cube of edge 1, about z; null = this detail has none. */
  readonly rotor: BufferGeometry | null;
  /** In a cube of edge 1, as its instances' matrices make it a Pi's size. */
  readonly pi: BufferGeometry;
  /** Metres: the highest point of it all. */
  readonly top: number;
}

/** The caddy takes the state's colour, the board's green lamp the Pi's light; the file tells them by paint alone. */
const CADDY = paintOf(0xd8d9d6);
const GREEN = paintOf(0x35e05a);
const SAME = 0.004;
/** +z turned to +y: a fan that lies. */
const LYING = new Quaternion(-Math.SQRT1_2, 0, 0, Math.SQRT1_2);
const UP = new Vector3(0, 1, 0);

/** Throws ModelError when the file is of another layout. */
export function wear(model: Model, file: string, layout: Layout, hash: string): Worn {
  if (model.layout !== hash) throw new ModelError(file, "is of another layout than the one that is shown; reload when it has been built again");
  const piece = (name: string): Piece | null => model.pieces.get(name) ?? null;
  counted(file, piece("pis"), layout.slots.id.length);
  counted(file, piece("switches"), layout.switches.length);
  counted(file, piece("fans"), layout.fans.id.length);
  const [solid, glass] = [new Welder(), new Welder()];
  weld(solid, glass, piece("rest"), [new Matrix4()]);
  weld(solid, glass, piece("switches"), layout.switches.map(({ position, yaw }) => placed(position, yaw, [1, 1, 1])));
  weld(solid, glass, piece("fans"), layout.fans.id.map((_, at) => fanMatrix(layout, at)));
  const top = solid.top;
  const rotor = piece("rotors");
  return {
    solid: solid.build(),
    glass: glass.empty ? null : glass.build(),
    rotor: rotor && welded(rotor, [1, 1, 1], () => PART.own).build(),
    pi: piGeometry(piece("pis") ?? missing(file, "pis"), layout.pi),
    top,
  };
}

/** One Pi in full detail with a bright cage around it, to stand in for the chosen one. Throws ModelError. */
export function wearChosen(model: Model, file: string, layout: Layout): BufferGeometry {
  const welder = new Welder();
  for (const surface of (model.pieces.get("pi") ?? missing(file, "pi")).surfaces) welder.add(surface, scaled(layout.pi), partOf);
  const cage = cagedShape(...(layout.pi as [number, number, number]));
  const column = (name: string): Float32Array => cage.getAttribute(name).array as Float32Array;
  const bright = { name: "bright", metal: 0, rough: 1, glow: [0, 0, 0] as Triple, alpha: 1 };
  welder.add({ finish: bright, position: column("position"), normal: column("normal"), color: column("color"), index: cage.index!.array as Uint32Array },
    new Matrix4(), () => PART.bright);
  cage.dispose();
  return welder.build();
}

/** Where fan n is, and how a fan of edge 1 becomes it: it blows along its shortest edge. */
export function fanMatrix({ fans }: Layout, at: number): Matrix4 {
  const [position, [width, height, depth], yaw] = [fans.position[at]!, fans.size[at]!, fans.yaw[at]!];
  const lying = height < Math.min(width, depth);
  return placed(position, yaw, lying ? [width, depth, height] : [width, height, depth], lying);
}

function piGeometry(pi: Piece, size: Triple): BufferGeometry {
  return welded(pi, size, partOf).build();
}

function partOf(surface: Surface, corner: number): number {
  if (painted(surface, corner, CADDY)) return PART.state;
  return painted(surface, corner, GREEN) ? PART.light : PART.own;
}

function welded(piece: Piece, size: Triple, part: (surface: Surface, corner: number) => number): Welder {
  const welder = new Welder();
  for (const surface of piece.surfaces) welder.add(surface, scaled(size), part);
  return welder;
}

function weld(solid: Welder, glass: Welder, piece: Piece | null, places: readonly Matrix4[]): void {
  for (const surface of piece?.surfaces ?? []) {
    for (const place of places) (surface.finish.alpha < 1 ? glass : solid).add(surface, place, () => PART.own);
  }
}

/** Into a cube of edge 1. */
function scaled([w, h, d]: Triple): Matrix4 {
  return new Matrix4().makeScale(1 / w, 1 / h, 1 / d);
}

function placed([x, y, z]: Triple, yaw: number, [w, h, d]: Triple, lying = false): Matrix4 {
  const turn = new Quaternion().setFromAxisAngle(UP, yaw);
  if (lying) turn.multiply(LYING);
  return new Matrix4().compose(new Vector3(x, y, z), turn, new Vector3(w, h, d));
}

function painted({ color }: Surface, corner: number, paint: Triple): boolean {
  return paint.every((light, i) => Math.abs(light - color[3 * corner + i]!) < SAME);
}

function paintOf(code: number): Triple {
  return [linear((code >> 16) & 255), linear((code >> 8) & 255), linear(code & 255)];
}

function counted(file: string, piece: Piece | null, wanted: number): void {
  if (piece && piece.instances !== wanted) throw new ModelError(file, `has ${piece.instances} ${piece.name}, the layout ${wanted}`);
}

function missing(file: string, name: string): never {
  throw new ModelError(file, `has no ${name}`);
}

/** Many surfaces as one geometry. Normals keep their direction also where the three edges shrink differently. */
class Welder {
  private readonly position: number[] = [];
  private readonly normal: number[] = [];
  private readonly color: number[] = [];
  private readonly finish: number[] = [];
  private readonly index: number[] = [];
  private readonly at = new Vector3();
  private readonly rows = [new Vector3(), new Vector3(), new Vector3()] as const;

  get empty(): boolean {
    return this.index.length === 0;
  }

  get top(): number {
    let top = 0;
    for (let i = 1; i < this.position.length; i += 3) top = Math.max(top, this.position[i]!);
    return top;
  }

  add({ finish, position, normal, color, index }: Surface, place: Matrix4, part: (surface: Surface, corner: number) => number): void {
    const surface = { finish, position, normal, color, index };
    const first = this.position.length / 3;
    const glow = Math.max(...finish.glow);
    place.extractBasis(...(this.rows as unknown as [Vector3, Vector3, Vector3]));
    for (const row of this.rows) row.normalize();
    for (let corner = 0; corner < position.length / 3; corner++) {
      this.at.fromArray(position, 3 * corner).applyMatrix4(place).toArray(this.position, this.position.length);
      this.turned(normal, 3 * corner).toArray(this.normal, this.normal.length);
      for (let i = 0; i < 3; i++) this.color.push(color[3 * corner + i]! * (glow > 0 ? finish.glow[i]! / glow : 1));
      this.finish.push(finish.metal, finish.rough, glow, part(surface, corner));
    }
    for (const corner of index) this.index.push(first + corner);
  }

  build(): BufferGeometry {
    const geometry = new BufferGeometry();
    const columns = [["position", this.position, 3], ["normal", this.normal, 3], ["color", this.color, 3], ["finish", this.finish, 4]] as const;
    for (const [name, values, width] of columns) geometry.setAttribute(name, new Float32BufferAttribute(values, width));
    geometry.setIndex(new Uint32BufferAttribute(this.index, 1));
    geometry.computeBoundingSphere();
    return geometry;
  }

  private turned(normal: Float32Array, at: number): Vector3 {
    const [x, y, z] = this.rows;
    return this.at.set(0, 0, 0).addScaledVector(x, normal[at]!).addScaledVector(y, normal[at + 1]!).addScaledVector(z, normal[at + 2]!);
  }
}
