// Owns the reading of the model's binary files (GLB 2.0), as `twin model build` writes them: meshes with painted corners,
// their finishes, and which of them are instances. Pure, and no general reader of glTF: it refuses what the model never has
// and says what that was. three's own reader would weigh more than the whole model. Called by worn.
//
//   GLB   u32 magic "glTF" | u32 version 2 | u32 length of the file            (all little-endian)
//         u32 length | "JSON" | text        then        u32 length | "BIN\0" | numbers

import { ModelError } from "../errors";
import type { Triple } from "../layout";

/** What a surface is made of: 0..1 each, `glow` is light of its own. */
export interface Finish {
  readonly name: string;
  readonly metal: number;
  readonly rough: number;
  readonly glow: Triple;
  readonly alpha: number;
}

/** Triangles of one finish. Metres; colours are linear light, three a corner. */
export interface Surface {
  readonly finish: Finish;
  readonly position: Float32Array;
  readonly normal: Float32Array;
  readonly color: Float32Array;
  readonly index: Uint32Array;
}

export interface Piece {
  readonly name: string;
  readonly surfaces: readonly Surface[];
  /** How many there are, when it is drawn as instances; 0 = it stands where its corners say. */
  readonly instances: number;
}

export interface Model {
  /** Hash of the layout that it was made from. */
  readonly layout: string;
  readonly pieces: ReadonlyMap<string, Piece>;
}

type Json = Readonly<Record<string, unknown>>;

const MAGIC = 0x46546c67;
const [TEXT, NUMBERS] = [0x4e4f534a, 0x004e4942];
const INSTANCING = "EXT_mesh_gpu_instancing";
const WIDTHS: Readonly<Record<string, number>> = { SCALAR: 1, VEC2: 2, VEC3: 3, VEC4: 4 };
const [UINT16, UINT32, FLOAT] = [5123, 5125, 5126];

/** Throws ModelError that names `file` and what is wrong. */
export function readModel(bytes: ArrayBuffer, file: string): Model {
  return new Reader(bytes, file).model();
}

class Reader {
  private readonly file: string;
  private readonly json: Json;
  private readonly numbers: DataView;

  constructor(bytes: ArrayBuffer, file: string) {
    this.file = file;
    const view = new DataView(bytes);
    if (bytes.byteLength < 28 || view.getUint32(0, true) !== MAGIC) this.fail("is not a GLB");
    if (view.getUint32(4, true) !== 2) this.fail(`is GLB ${view.getUint32(4, true)}, this page reads 2`);
    if (view.getUint32(8, true) !== bytes.byteLength) this.fail(`says ${view.getUint32(8, true)} bytes and has ${bytes.byteLength}`);
    const [text, next] = this.chunk(view, 12, TEXT);
    [this.numbers] = this.chunk(view, next, NUMBERS);
    this.json = this.parse(text);
  }

  model(): Model {
    const extras = ((this.json["asset"] as Json | undefined)?.["extras"] ?? {}) as Json;
    const pieces = new Map<string, Piece>();
    this.list("nodes").forEach((node, at) => {
      if (node["mesh"] === undefined) return; // only a name over others
      const name = String(node["name"] ?? `node ${at}`);
      pieces.set(name, { name, surfaces: this.surfaces(Number(node["mesh"])), instances: this.instances(node) });
    });
    return { layout: String(extras["layout"] ?? ""), pieces };
  }

  private surfaces(mesh: number): Surface[] {
    const found = this.one("meshes", mesh);
    return (found["primitives"] as Json[]).map((primitive) => {
      const given = primitive["attributes"] as Readonly<Record<string, number>>;
      const position = this.floats(given["POSITION"], 3);
      const surface = {
        finish: this.finish(Number(primitive["material"])),
        position,
        normal: this.floats(given["NORMAL"], 3),
        color: this.colors(given["COLOR_0"]),
        index: this.indices(primitive["indices"] as number | undefined, position.length / 3),
      };
      if (surface.normal.length !== position.length || surface.color.length !== position.length) {
        this.fail(`mesh ${mesh} has columns of different lengths`);
      }
      return surface;
    });
  }

  private finish(material: number): Finish {
    const found = this.one("materials", material);
    const pbr = (found["pbrMetallicRoughness"] ?? {}) as Json;
    const base = (pbr["baseColorFactor"] ?? [1, 1, 1, 1]) as number[];
    return {
      name: String(found["name"] ?? ""),
      metal: Number(pbr["metallicFactor"] ?? 1),
      rough: Number(pbr["roughnessFactor"] ?? 1),
      glow: (found["emissiveFactor"] ?? [0, 0, 0]) as unknown as Triple,
      alpha: base[3] ?? 1,
    };
  }

  private instances(node: Json): number {
    const given = (node["extensions"] as Json | undefined)?.[INSTANCING] as { attributes?: Record<string, number> } | undefined;
    if (!given) return 0;
    return Number(this.one("accessors", given.attributes?.["TRANSLATION"])["count"]);
  }

  private colors(accessor: number | undefined): Float32Array {
    const four = this.column(accessor, 4);
    const out = new Float32Array((four.values.length / 4) * 3);
    for (let i = 0; i < out.length / 3; i++) for (let part = 0; part < 3; part++) out[3 * i + part] = four.values[4 * i + part]! * four.unit;
    return out;
  }

  private floats(accessor: number | undefined, width: number): Float32Array {
    const { values } = this.column(accessor, width);
    if (!(values instanceof Float32Array)) return this.fail(`accessor ${accessor} is not of 32-bit floats`);
    return values;
  }

  private indices(accessor: number | undefined, corners: number): Uint32Array {
    const found = Uint32Array.from(this.column(accessor, 1).values);
    if (found.length % 3 !== 0 || found.some((corner) => corner >= corners)) this.fail(`accessor ${accessor} is not of triangles`);
    return found;
  }

  private column(accessor: number | undefined, width: number): { values: Float32Array | Uint16Array | Uint32Array; unit: number } {
    const found = this.one("accessors", accessor);
    const [kind, count] = [Number(found["componentType"]), Number(found["count"])];
    if (WIDTHS[String(found["type"])] !== width) this.fail(`accessor ${accessor} is ${String(found["type"])}, not ${width} wide`);
    const view = this.one("bufferViews", found["bufferView"] as number | undefined);
    const at = Number(view["byteOffset"] ?? 0) + Number(found["byteOffset"] ?? 0);
    const each = kind === UINT16 ? 2 : kind === FLOAT || kind === UINT32 ? 4 : this.fail(`accessor ${accessor} is of kind ${kind}`);
    if (at + count * width * each > this.numbers.byteLength || view["byteStride"] !== undefined) this.fail(`accessor ${accessor} is not packed in the file`);
    const bytes = this.numbers.buffer.slice(this.numbers.byteOffset + at, this.numbers.byteOffset + at + count * width * each) as ArrayBuffer;
    const values = kind === FLOAT ? new Float32Array(bytes) : kind === UINT16 ? new Uint16Array(bytes) : new Uint32Array(bytes);
    return { values, unit: found["normalized"] === true ? 1 / 65535 : 1 };
  }

  private chunk(view: DataView, at: number, kind: number): [DataView, number] {
    if (at + 8 > view.byteLength) this.fail("ends too early");
    const length = view.getUint32(at, true);
    if (view.getUint32(at + 4, true) !== kind || at + 8 + length > view.byteLength) this.fail("has its chunks in another order");
    return [new DataView(view.buffer, at + 8, length), at + 8 + length];
  }

  private parse(text: DataView): Json {
    try {
      return JSON.parse(new TextDecoder().decode(text)) as Json;
    } catch {
      return this.fail("has a text that is no JSON");
    }
  }

  private list(key: string): Json[] {
    const found = this.json[key];
    return Array.isArray(found) ? (found as Json[]) : this.fail(`has no ${key}`);
  }

  private one(key: string, at: number | undefined): Json {
    return this.list(key)[at ?? -1] ?? this.fail(`has no ${key}[${at}]`);
  }

  private fail(wrong: string): never {
    throw new ModelError(this.file, wrong);
  }
}
