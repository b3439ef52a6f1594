// Owns the making of small GLB files for tests, as `twin model build` lays them out: a square a piece, or as many as asked.

export interface Made {
  name: string;
  /** sRGB-free linear colours of its squares, 0..1. */
  paints?: readonly (readonly [number, number, number])[];
  instances?: number;
  finish?: { metal: number; rough: number; glow?: readonly number[]; alpha?: number };
}

/** The file, and its JSON for those who want to spoil it. */
export function glbOf(layout: string, pieces: readonly Made[], spoil: (json: Record<string, unknown>) => void = () => undefined): ArrayBuffer {
  const data: number[] = [];
  type Rows = Record<string, unknown>[];
  const [accessors, views, meshes, nodes, materials]: [Rows, Rows, Rows, Rows, Rows] = [[], [], [], [], []];
  const put = (bytes: Uint8Array, type: string, kind: number, count: number, more: object = {}): number => {
    views.push({ buffer: 0, byteOffset: data.length, byteLength: bytes.length });
    data.push(...bytes);
    while (data.length % 4) data.push(0);
    accessors.push({ bufferView: views.length - 1, componentType: kind, count, type, ...more });
    return accessors.length - 1;
  };
  const floats = (values: number[], type: string, width: number): number => put(new Uint8Array(Float32Array.from(values).buffer), type, 5126, values.length / width);
  for (const { name, paints = [[1, 1, 1]], instances, finish = { metal: 0, rough: 0.6 } } of pieces) {
    const square = paints.flatMap((_, i) => [-0.5, -0.5, i * 0.01, 0.5, -0.5, i * 0.01, 0.5, 0.5, i * 0.01, -0.5, 0.5, i * 0.01]);
    const tints = paints.flatMap((paint) => Array.from({ length: 4 }, () => [...paint, 1].map((light) => Math.round(light * 65535))).flat());
    const corners = paints.flatMap((_, i) => [0, 1, 2, 0, 2, 3].map((corner) => corner + 4 * i));
    materials.push({
      name, pbrMetallicRoughness: { metallicFactor: finish.metal, roughnessFactor: finish.rough, baseColorFactor: [1, 1, 1, finish.alpha ?? 1] },
      emissiveFactor: finish.glow ?? [0, 0, 0],
    });
    const attributes = {
      POSITION: floats(square, "VEC3", 3),
      NORMAL: floats(paints.flatMap(() => [0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1]), "VEC3", 3),
      COLOR_0: put(new Uint8Array(Uint16Array.from(tints).buffer), "VEC4", 5123, tints.length / 4, { normalized: true }),
    };
    const indices = put(new Uint8Array(Uint16Array.from(corners).buffer), "SCALAR", 5123, corners.length);
    meshes.push({ name, primitives: [{ attributes, indices, material: materials.length - 1 }] });
    const node: Record<string, unknown> = { name, mesh: meshes.length - 1 };
    if (instances !== undefined) {
      const at = floats(Array(3 * instances).fill(0), "VEC3", 3);
      node["extensions"] = { EXT_mesh_gpu_instancing: { attributes: { TRANSLATION: at } } };
    }
    nodes.push(node);
  }
  const json: Record<string, unknown> = { asset: { version: "2.0", extras: { layout } }, nodes, meshes, materials, accessors, bufferViews: views };
  spoil(json);
  return packed(json, Uint8Array.from(data));
}

function packed(json: Record<string, unknown>, data: Uint8Array): ArrayBuffer {
  const text = new TextEncoder().encode(JSON.stringify(json));
  const padded = new Uint8Array(text.length + (-text.length & 3)).fill(0x20);
  padded.set(text);
  const length = 12 + 8 + padded.length + 8 + data.length;
  const out = new Uint8Array(length);
  const view = new DataView(out.buffer);
  [0x46546c67, 2, length, padded.length, 0x4e4f534a].forEach((word, i) => view.setUint32(4 * i, word, true));
  out.set(padded, 20);
  view.setUint32(20 + padded.length, data.length, true);
  view.setUint32(24 + padded.length, 0x004e4942, true);
  out.set(data, 28 + padded.length);
  return out.buffer;
}
