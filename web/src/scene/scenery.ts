// Owns everything that stands still: box and racks, the floor, the lamp's halo and the lights of the room. Drawn plainly from
// the layout until the model comes, then the model. Four draw calls. Made once a layout by scene.

import {
  CircleGeometry, DirectionalLight, HemisphereLight, Mesh, MeshBasicMaterial, MeshStandardMaterial,
  Object3D, PointLight, Sprite, SpriteMaterial, type ShaderMaterial, type Texture,
} from "three";
import type { Layout } from "../layout";
import { buildBox, hullOf, type Hull } from "./box";
import { drawAtlas, drawFloor } from "./drawn";
import { ADDED } from "./glow";
import { Mason } from "./mason";
import { glassPaint, solidPaint, type Light } from "./paintwork";
import { buildRacks } from "./racks";
import type { Worn } from "./worn";

const WARM = 0xffc46b;
/** Candela, more or less: what looks warm on the roof. */
const LAMP = 5;
const DESK_LAMP = 0.15;
const FLOOR_RADIUS = 5;

export class Scenery {
  readonly group = new Object3D();
  hull: Hull;
  /** What stands in the way of a pick. */
  solid: Mesh;
  readonly floor: Mesh;
  private readonly halo: Sprite;
  private readonly lampLight = new PointLight(WARM, LAMP, 6, 1.6);
  private readonly disposals: { dispose(): void }[] = [];
  private readonly lit: Mesh;
  private readonly layout: Layout;
  private readonly light: Light;
  private paint: ShaderMaterial | null = null;
  private glass: Mesh | null = null;
  private seeThrough = false;

  constructor(layout: Layout, glowMap: Texture, light: Light) {
    this.layout = layout;
    this.light = light;
    this.hull = hullOf(layout);
    const atlas = drawAtlas(layout.racks.map((rack) => rack.name));
    const [solid, lit] = [new Mason(), new Mason()];
    buildBox(solid, lit, this.hull, atlas.sign);
    buildRacks(solid, lit, layout, this.hull, atlas.plates);
    solid.dusk(0.45, this.hull.top);
    this.solid = this.mesh(solid, new MeshStandardMaterial({ vertexColors: true, roughness: 0.68, metalness: 0.08 }));
    this.lit = this.mesh(lit, new MeshBasicMaterial({ vertexColors: true, map: atlas.texture, transparent: true, toneMapped: false }));
    this.lit.renderOrder = 2;
    this.disposals.push(atlas.texture);
    this.floor = this.addFloor();
    this.halo = this.addHalo(glowMap);
    this.addLights();
  }

  /** The model has come, or more of it: it takes the place of what was drawn before. */
  wear(worn: Worn): void {
    if (this.paint === null) {
      this.group.remove(this.solid, this.lit);
      this.paint = solidPaint(this.light);
      this.solid = this.modelMesh(this.paint);
      this.glass = this.modelMesh(glassPaint(this.light));
      this.glass.renderOrder = 4;
      const { position } = this.layout.lamps;
      const lamp = [0, 1, 2].map((axis) => position.reduce((sum, at) => sum + at[axis]!, 0) / Math.max(1, position.length));
      this.hull = { ...this.hull, top: this.hull.roofed ? this.hull.top : worn.top, lamp: this.hull.roofed ? [lamp[0]!, worn.top - 0.08, lamp[2]!] : this.hull.lamp };
      this.halo.position.set(...this.hull.lamp);
    }
    this.solid.geometry.dispose();
    this.solid.geometry = worn.solid;
    this.glass!.visible = worn.glass !== null;
    if (worn.glass) {
      this.glass!.geometry.dispose();
      this.glass!.geometry = worn.glass;
    }
    this.xray(this.seeThrough);
  }

  /** Box, racks and shelves become glass. */
  xray(on: boolean): void {
    this.seeThrough = on;
    const plain = this.solid.material as MeshStandardMaterial | ShaderMaterial;
    plain.transparent = on;
    plain.depthWrite = !on;
    plain.needsUpdate = true;
    this.solid.renderOrder = on ? 2 : 0;
    if (this.paint) this.paint.uniforms["xray"]!.value = Number(on);
    else plain.opacity = on ? 0.12 : 1;
  }

  /** Cut open: half a lamp has no halo. */
  set halved(on: boolean) {
    this.halo.visible = this.hull.roofed && !on;
  }

  /** The lamp burns while the picture is live, and glimmers when it is not. */
  lamp(light: number): void {
    this.lampLight.intensity = this.hull.roofed ? LAMP * light : DESK_LAMP;
    this.halo.material.opacity = 0.95 * light;
  }

  dispose(): void {
    for (const one of this.disposals) one.dispose();
  }

  private mesh(mason: Mason, material: MeshStandardMaterial | MeshBasicMaterial): Mesh {
    const mesh = new Mesh(mason.build(), material);
    this.group.add(mesh);
    this.disposals.push(mesh.geometry, material);
    return mesh;
  }

  private modelMesh(paint: ShaderMaterial): Mesh {
    const mesh = new Mesh(undefined, paint);
    mesh.frustumCulled = false;
    this.group.add(mesh);
    this.disposals.push(paint, { dispose: () => mesh.geometry.dispose() });
    return mesh;
  }

  private addFloor(): Mesh {
    const map = drawFloor(this.hull, FLOOR_RADIUS);
    const material = new MeshBasicMaterial({ map, transparent: true, depthWrite: false, toneMapped: false });
    const floor = new Mesh(new CircleGeometry(FLOOR_RADIUS, 64), material);
    floor.rotation.x = -Math.PI / 2;
    this.group.add(floor);
    this.disposals.push(map, material, floor.geometry);
    return floor;
  }

  private addHalo(map: Texture): Sprite {
    const look = { map, color: WARM, ...ADDED, transparent: true, depthWrite: false, toneMapped: false };
    const halo = new Sprite(new SpriteMaterial(look));
    halo.position.set(...this.hull.lamp);
    halo.scale.setScalar(1.25);
    halo.visible = this.hull.roofed;
    halo.renderOrder = 4;
    this.group.add(halo);
    this.disposals.push(halo.material);
    return halo;
  }

  private addLights(): void {
    const key = new DirectionalLight(0xfff1dc, 2.3);
    key.position.set(-2.2, 3.2, 3.4);
    const rim = new DirectionalLight(0xc6d6ff, 2.1);
    rim.position.set(3, 2.2, -3.2);
    this.lampLight.position.set(...this.hull.lamp);
    this.group.add(new HemisphereLight(0x9db8ff, 0x27345c, 1.7), key, rim, this.lampLight);
  }
}
