// Runs in the page after vr.js: a real room around the emulated headset, as a device sees it: a floor, a table, a wall. Rays meet
// them, anchors can be moved as a device's tracking does, and a finger can tap a phone's screen. Metres, y up.

const { headset, towards } = window.vr;

/** Middle, half its sides along its own x and z, and which way it looks. */
const SURFACES = {
  floor: { at: [0, 0, 0], half: [4, 4], axes: [[1, 0, 0], [0, 1, 0], [0, 0, 1]] },
  table: { at: [1, 0.74, -1.2], half: [0.6, 0.4], axes: [[1, 0, 0], [0, 1, 0], [0, 0, 1]] },
  wall: { at: [0, 1, -4], half: [4, 1.5], axes: [[1, 0, 0], [0, 0, 1], [0, -1, 0]] },
};

const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
/** What iwer keeps behind a symbol, of a space or an anchor. */
const inside = (thing) => thing[Object.getOwnPropertySymbols(thing)[0]];

/** Metres along a ray to a surface, Infinity when it misses. */
function along({ at, half, axes: [x, y, z] }, from, way) {
  const facing = dot(way, y);
  if (facing > -1e-6) return Infinity;
  const far = dot(at.map((value, i) => value - from[i]), y) / facing;
  const on = from.map((value, i) => value + way[i] * far - at[i]);
  return far > 0 && Math.abs(dot(on, x)) <= half[0] && Math.abs(dot(on, z)) <= half[1] ? far : Infinity;
}

/** What iwer asks of a made-up environment. */
class Room {
  version = "0";
  trackedPlanes = new Set();
  trackedMeshes = new Set();
  environmentCanvas = Object.assign(document.createElement("canvas"), { width: 64, height: 36 });

  render() {
    const pen = this.environmentCanvas.getContext("2d");
    Object.assign(this.environmentCanvas.style, { position: "absolute", inset: 0, width: "100%", height: "100%" });
    for (const [colour, top, high] of [["#b9b2a4", 0, 20], ["#8a6f52", 20, 16]]) Object.assign(pen, { fillStyle: colour }).fillRect(0, top, 64, high);
  }

  computeHitTestResults(ray) {
    const [from, way] = [[12, 13, 14].map((i) => ray[i]), [8, 9, 10].map((i) => -ray[i])];
    return Object.values(SURFACES)
      .map((surface) => ({ surface, far: along(surface, from, way) }))
      .filter(({ far }) => far < Infinity)
      .sort((a, b) => a.far - b.far)
      .map(({ surface: { axes }, far }) => {
        const at = from.map((value, i) => value + way[i] * far);
        return new Float32Array([...axes.flatMap((axis) => [...axis, 0]), ...at, 1]);
      });
  }
}

headset.installSEM(Room);

const room = (window.room = {
  /** Every anchor that was made, the newest last. */
  anchors: [],
  /** While true the device does not know where its anchors are. */
  lost: false,

  says: () => window.twin.vr().room,

  deleted: (anchor) => inside(anchor).deleted,

  /** The newest anchor as [x, y, z]. */
  anchorAt: () => [...inside(room.anchors.at(-1).anchorSpace).offsetMatrix.slice(12, 15)],

  /** The device corrects itself: the newest anchor is this much further, and turned about the vertical. */
  async correct([x, y, z], turn) {
    const m = inside(room.anchors.at(-1).anchorSpace).offsetMatrix;
    const [c, s] = [Math.cos(turn), Math.sin(turn)];
    for (const i of [0, 4, 8]) [m[i], m[i + 2]] = [c * m[i] + s * m[i + 2], c * m[i + 2] - s * m[i]];
    [x, y, z].forEach((value, i) => (m[12 + i] += value));
    await vr.frames(2);
  },

  /** The right hand points at a point of the room from above and before it. Where the ring lies then; null = nowhere. */
  async aim(at, side = "right") {
    const from = [at[0], 1.3, at[2] + 0.8];
    const way = at.map((value, i) => value - from[i]);
    const length = Math.hypot(...way);
    vr.aim(side, from, way.map((value) => value / length));
    await vr.frames(4); // a hand that is new asks first
    return room.says().target;
  },

  async put(at) {
    await room.aim(at);
    await vr.click("right");
    await vr.frames(3);
    return { ...window.twin.vr().rig };
  },

  /** The right hand takes hold, moves by this much, and lets go. */
  async carry(by) {
    const input = vr.input("right");
    const { x, y, z } = input.position;
    vr.aim("right", [x, y, z], [0, 0, -1]);
    input.updateButtonValue("squeeze", 1);
    await vr.frames(3);
    input.position.set(x + by[0], y + by[1], z + by[2]);
    await vr.frames(3);
    input.updateButtonValue("squeeze", 0);
    await vr.frames(4);
  },

  /** The head is there and looks along a direction of length 1. */
  async look(from, way) {
    headset.position.set(...from);
    headset.quaternion.set(...towards(way));
    await vr.frames(4);
  },

  /** A finger on the screen for a second, where the camera sees along this direction of the room. The head looks along -z for it. */
  async tap(way = [0, 0, -1]) {
    const [x, y, z, w] = towards(way);
    const turn = new XRRigidTransform({ x: 0, y: 0, z: 0 }, { x, y, z, w }).matrix;
    const inputSource = new IWER.XRInputSource("none", "screen", ["generic-touchscreen"], new IWER.XRSpace(headset.viewerSpace, turn));
    const session = headset.activeSession;
    const tell = (...types) =>
      new Promise((done) =>
        session.requestAnimationFrame((_, frame) => {
          for (const type of types) session.dispatchEvent(new IWER.XRInputSourceEvent(type, { frame, inputSource }));
          done();
        }),
      );
    await tell("selectstart");
    const now = performance.now.bind(performance);
    performance.now = () => now() + 1000;
    await vr.frames(2);
    await tell("select", "selectend");
    await vr.frames(3);
  },

  /** How much of the page is drawn over the real room in the middle of the left half, 0 to 255. */
  async cover() {
    const gl = document.getElementById("view").getContext("webgl2");
    const pixel = new Uint8Array(4);
    vr.dark = false;
    await vr.frames(1);
    await new Promise((done) =>
      headset.activeSession.requestAnimationFrame(() => {
        gl.readPixels(gl.drawingBufferWidth / 4, gl.drawingBufferHeight / 2, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
        done();
      }),
    );
    vr.dark = true;
    return pixel[3];
  },
});

const make = XRFrame.prototype.createAnchor;
XRFrame.prototype.createAnchor = async function (...where) {
  const anchor = await make.apply(this, where);
  room.anchors.push(anchor);
  return anchor;
};
const pose = XRFrame.prototype.getPose;
XRFrame.prototype.getPose = function (space, base) {
  return room.lost && room.anchors.some((one) => !room.deleted(one) && one.anchorSpace === space) ? null : pose.call(this, space, base);
};
