// Runs in the page before it: an emulated headset (iwer), and hands that a test can move. Nothing of the page is changed.
// Metres of the room; y up. What the hands mean is read from window.twin.vr(), as the page says it.

const headset = new IWER.XRDevice(window.DEVICE?.(IWER) ?? IWER.metaQuest3); // a test may ask for another
headset.installRuntime({ forceInstall: true });
headset.stereoEnabled = true;

/** The turn that lets -z look along a direction of length 1. */
function towards([x, y, z]) {
  const [yaw, pitch] = [Math.atan2(-x, -z) / 2, Math.asin(Math.max(-1, Math.min(1, y))) / 2];
  const [a, b, c, d] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
  return [a * d, b * c, -b * d, a * c];
}

const vr = (window.vr = {
  headset,
  towards,
  layout: null,

  async frames(count) {
    for (let i = 0; i < count; i++) await new Promise((next) => headset.activeSession.requestAnimationFrame(next));
  },

  /** Nothing is painted while it is dark: the software renderer needs 0.2 s a frame, and hands do not need it. */
  dark: false,
  blind(dark = true) {
    vr.dark = dark;
    vr.veil ??= document.head.appendChild(Object.assign(document.createElement("style"), { textContent: "body { display: none }" }));
    vr.veil.disabled = !dark;
  },

  input(side, kind = "controllers") {
    return headset[kind][side];
  },

  aim(side, from, direction, kind = "controllers") {
    const input = vr.input(side, kind);
    input.position.set(...from);
    input.quaternion.set(...towards(direction));
  },

  /** A point of the model in the room. */
  toRoom([x, y, z]) {
    const { rig } = window.twin.vr();
    const [c, s] = [Math.cos(rig.yaw), Math.sin(rig.yaw)];
    return [rig.x + rig.scale * (c * x + s * z), rig.y + rig.scale * y, rig.z + rig.scale * (c * z - s * x)];
  },

  /** The middle of a row's front, and a point `away` metres from it, `slant` and `rise` radians off its straight line. */
  async front(row, away, slant, rise) {
    vr.layout ??= await (await fetch("/model/layout.json")).json();
    const slot = window.twin.state.roster.slot[row];
    const [x, y, z] = vr.layout.slots.position[slot];
    const yaw = vr.layout.slots.yaw[slot];
    const out = vr.layout.pi[2] / 2;
    const at = vr.toRoom([x + Math.sin(yaw) * out, y, z + Math.cos(yaw) * out]);
    const turned = yaw + window.twin.vr().rig.yaw + slant;
    const way = [Math.sin(turned) * Math.cos(rise), Math.sin(rise), Math.cos(turned) * Math.cos(rise)];
    return { at, from: at.map((value, i) => value + away * way[i]), direction: way.map((value) => -value) };
  },

  async click(side, button = "trigger") {
    vr.input(side).updateButtonValue(button, 1);
    await vr.frames(1);
    vr.input(side).updateButtonValue(button, 0);
    await vr.frames(1);
  },

  hand(side) {
    return window.twin.vr().hands.find(({ handedness }) => handedness === side);
  },

  /** The right hand points at a row from half a metre, or as far as said, and chooses it when told to. */
  async point(row, { away = 0.5, slant = 0, rise = 0, kind = "controllers", choose = false } = {}) {
    const { from, direction } = await vr.front(row, away, slant, rise);
    vr.aim("right", from, direction, kind);
    await vr.frames(2);
    if (choose) await vr.click("right");
    return vr.hand("right").row;
  },

  async pointUp() {
    vr.aim("right", [0, 1.4, 0], [0, 1, 0]);
    await vr.frames(1);
    await vr.click("right");
  },

  async pinch() {
    const hand = vr.input("right", "hands");
    hand.updatePinchValue(1);
    await vr.frames(2);
    hand.updatePinchValue(0);
    await vr.frames(2);
  },

  /** The left stick is pushed, an arc is thrown, and the stick let go: was it a good place, and how the room moved. */
  async jump(from, way) {
    vr.aim("left", from, way);
    vr.input("left").updateAxes("thumbstick", 0, -1);
    await vr.frames(3);
    const { landing, rig } = window.twin.vr();
    const before = { ...rig };
    vr.input("left").updateAxes("thumbstick", 0, 0);
    await vr.frames(3);
    const after = window.twin.vr().rig;
    return [landing, after.x - before.x, after.z - before.z];
  },

  /** Both hands close this far from the middle, move, and open that far from it. */
  async squeeze(before, after) {
    const hands = (out) => [["left", -out], ["right", out]].forEach(([side, x]) => vr.aim(side, [x, 1, -0.5], [0, 0, -1]));
    const close = (value) => ["left", "right"].forEach((side) => vr.input(side).updateButtonValue("squeeze", value));
    hands(before);
    await vr.frames(2);
    close(1);
    await vr.frames(2);
    hands(after);
    await vr.frames(2);
    close(0);
    await vr.frames(2);
    vr.aim("left", [-2, 1, 0], [0, 0, -1]); // and its menu is out of the way
  },

  /** Points the right hand at every row in turn, each from another side, and pulls the trigger at some. The rows that failed. */
  async all(rows, stride, every) {
    const wrong = [];
    for (let i = 0; i < rows; i++) {
      const row = (i * stride) % rows;
      window.twin.select(""); // a board that is open may hang in the way
      const { from, direction } = await vr.front(row, 0.3 + 0.5 * ((i % 7) / 6), (((i % 5) - 2) / 2) * 0.6, (((i % 3) - 1) / 1) * 0.3);
      vr.aim("right", from, direction);
      await vr.frames(1);
      const met = vr.hand("right").row;
      if (met !== row) wrong.push([row, met]);
      if (i % every !== 0) continue;
      await vr.click("right");
      const shown = document.getElementById("node-name").textContent;
      if (shown !== window.twin.state.roster.id[row]) wrong.push([row, met, shown]);
    }
    return wrong;
  },
});

for (const name of ["drawElements", "drawArrays", "drawElementsInstanced", "drawArraysInstanced"]) {
  const draw = WebGL2RenderingContext.prototype[name];
  WebGL2RenderingContext.prototype[name] = function (...what) {
    if (!vr.dark) draw.apply(this, what);
  };
}
