"""Takes the pictures of docs/model.md and docs/living-room.md: `python docs/model_pictures.py`.

Owns docs/images/model-*.png and living-room.png. Each shows a file that `twin model build` wrote, read by three's own
loader and drawn in headless Chromium; only the living room's furniture is made up. Needs the page's packages (`npm ci`
in web/).
"""

from __future__ import annotations

import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from models.build import build, table_of  # noqa: E402  # the path must be set first
from models.layout import load  # noqa: E402
from tests.e2e.browser import browser  # noqa: E402

IMAGES = ROOT / "docs" / "images"
# name: (file, eye, what it looks at, width, height); metres
VIEWS: dict[str, tuple[str, tuple[float, float, float], tuple[float, float, float], int, int]] = {
    "model": ("cluster.instanced.glb", (2.75, 1.75, 3.75), (0.0, 1.07, 0.0), 1000, 1000),
    "model-side": ("cluster.instanced.glb", (-4.1, 1.55, 2.0), (0.0, 1.07, 0.0), 900, 1000),
    "model-shelf": ("cluster.instanced.glb", (0.42, 1.5, 1.1), (0.29, 1.47, 0.6), 1200, 700),
    "model-far": ("cluster.far.glb", (2.75, 1.75, 3.75), (0.0, 1.07, 0.0), 500, 500),
    "model-pi": ("pi.glb", (0.11, 0.05, 0.13), (0.0, 0.0, 0.0), 800, 600),
    "living-room": ("cluster.instanced.glb", (2.6, 1.55, 3.9), (0.15, 0.95, 0.0), 1400, 900),
}
FURNISHED = {"living-room"}
PAGE = """<!doctype html><style>body{margin:0}</style>
<script type="importmap">
{"imports": {"three": "/three/build/three.module.js", "three/addons/": "/three/examples/jsm/"}}
</script>
<script type="module">
import * as THREE from "three";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";
import { RoomEnvironment } from "three/addons/environments/RoomEnvironment.js";
window.draw = async (file, eye, at, width, height, furnish) => {
  const renderer = new THREE.WebGLRenderer({ antialias: true, preserveDrawingBuffer: true });
  renderer.setSize(width, height);
  renderer.toneMapping = THREE.ACESFilmicToneMapping;
  document.body.replaceChildren(renderer.domElement);
  const scene = new THREE.Scene();
  scene.background = new THREE.Color(0x3a4048);
  scene.environment = new THREE.PMREMGenerator(renderer).fromScene(new RoomEnvironment(), 0.04).texture;
  scene.environmentIntensity = 0.75;
  const sun = new THREE.DirectionalLight(0xffffff, 2.2);
  sun.position.set(eye[0] + 1.5, eye[1] + 3, eye[2]);
  scene.add(sun);
  const model = (await new GLTFLoader().loadAsync(file)).scene;
  scene.add(model);
  if (furnish) room(scene, model, furnish);
  const camera = new THREE.PerspectiveCamera(35, width / height, 0.01, 50);
  camera.position.set(...eye);
  camera.lookAt(...at);
  renderer.render(scene, camera);
  return renderer.info.render;
};
/* A made-up room with a table: the cluster at life size on the floor, and 1:`table` on the table. Metres. */
const room = (scene, model, table) => {
  const box = (size, at, colour) => {
    const paint = new THREE.MeshStandardMaterial({ color: colour, roughness: 0.85 });
    const one = new THREE.Mesh(new THREE.BoxGeometry(...size), paint);
    one.position.set(...at);
    scene.add(one);
  };
  box([7, 0.02, 6], [0, -0.01, 0], 0x8a6a4a);
  box([7, 2.7, 0.05], [0, 1.35, -1.6], 0xd9d4c8);
  box([0.05, 2.7, 6], [-2.6, 1.35, 0], 0xcfc8ba);
  box([2.4, 0.012, 1.7], [1.35, 0.006, 1.1], 0x39506b);
  box([1.1, 0.03, 0.65], [1.45, 0.735, 1.1], 0xe8e2d4);
  for (const x of [0.97, 1.93]) for (const z of [0.83, 1.37]) box([0.05, 0.72, 0.05], [x, 0.36, z], 0xb9ad97);
  box([0.24, 0.02, 0.17], [1.8, 0.76, 1.25], 0x7b3f36);
  const small = model.clone();
  small.scale.setScalar(1 / table);
  small.position.set(1.4, 0.75, 1.1);
  small.rotation.y = -0.5;
  scene.add(small);
  model.position.set(-0.9, 0, -0.6);
  model.rotation.y = 0.35;
};
</script>"""


class Files(SimpleHTTPRequestHandler):
    """The made files, and three's beside them."""

    def translate_path(self, path: str) -> str:
        """/three/... leads to the page's packages."""
        if path.startswith("/three/"):
            return str(ROOT / "web" / "node_modules" / path.lstrip("/"))
        return super().translate_path(path)

    def log_message(self, *_: object) -> None:
        """Silent."""


def take(page: Page, name: str) -> None:
    """One picture of VIEWS."""
    file, eye, at, width, height = VIEWS[name]
    page.set_viewport_size({"width": width, "height": height})
    table = table_of(load("cluster")) if name in FURNISHED else 0
    told = page.evaluate("([...args]) => window.draw(...args)", [file, eye, at, width, height, table])
    page.screenshot(path=IMAGES / f"{name}.png")
    sys.stdout.write(f"docs/images/{name}.png: {told['calls']} draw calls, {told['triangles']} triangles\n")


def main() -> None:
    with TemporaryDirectory() as folder, browser() as chromium:
        for name, data in build("cluster").items():
            Path(folder, name).write_bytes(data)
        Path(folder, "index.html").write_text(PAGE)
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, directory=folder))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = chromium.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        page.wait_for_function("() => Boolean(window.draw)")
        for name in sys.argv[1:] or VIEWS:
            take(page, name)
        server.shutdown()


if __name__ == "__main__":
    main()
