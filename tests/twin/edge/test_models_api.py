"""The model's files over HTTP: made once, kept, named by their bytes; parts, forms and caches as RFC 9110 has them."""

from __future__ import annotations

import asyncio
import gzip
import shutil
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import aiohttp
import brotli
import pytest

import models
from tests.twin.conftest import Start, url_of
from tests.wait import until
from twin.__main__ import main
from twin.edge.models_api_shelf import BuildError, Item, Shelf, build_aside, key_of
from twin.service import Service

GLB = b"glTF" + bytes(range(256)) * 40
USDZ = b"PK\3\4" + b"\0" * 4000
FILES = {"desk.glb": GLB, "desk.usdz": USDZ, "layout.json": b'{"slots": []}', "notes.txt": b"not for anybody"}
BROWSER = {"Accept-Encoding": "gzip, deflate, br, zstd"}
AS_IT_IS = {"Accept-Encoding": "identity"}


class Builder:
    """Writes FILES, counts how often, and fails or waits when a test says so."""

    def __init__(self, files: dict[str, bytes] | None = None) -> None:
        self.files = FILES if files is None else files
        self.built = 0
        self.wrong = ""
        self.printed: list[Path | None] = []
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    async def __call__(self, cluster: str, folder: Path, printed: Path | None) -> None:
        self.built += 1
        self.printed.append(printed)
        await self.may_go_on.wait()
        if self.wrong:
            (folder / "half.glb").write_bytes(b"half")
            raise BuildError(self.wrong)
        for name, body in self.files.items():
            (folder / name).write_bytes(body)


@pytest.fixture
def builder(monkeypatch: pytest.MonkeyPatch) -> Builder:
    made = Builder()
    monkeypatch.setattr("twin.edge.models_api_shelf.build_aside", made)
    return made


@pytest.fixture
async def ready(builder: Builder, start: Start) -> Service:
    service = await start(cluster="desk", models="start")
    await until(lambda: service.models.ready)
    return service


async def manifest(service: Service, http: aiohttp.ClientSession) -> dict[str, Any]:
    async with http.get(url_of(service) + "/models/manifest.json") as answer:
        assert answer.status == 200
        found: dict[str, Any] = await answer.json()
        return found


async def test_the_manifest_names_every_file_and_each_is_what_it_says(
    ready: Service, http: aiohttp.ClientSession
) -> None:
    told = await manifest(ready, http)
    assert sorted(told) == ["desk.glb", "desk.usdz", "layout.json"]
    types = {"desk.glb": "model/gltf-binary", "desk.usdz": "model/vnd.usdz+zip", "layout.json": "application/json"}
    for name, entry in told.items():
        async with http.get(url_of(ready) + entry["url"], headers=AS_IT_IS) as answer:
            body = await answer.read()
            assert (answer.status, answer.content_type, body) == (200, types[name], FILES[name])
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert "Content-Encoding" not in answer.headers
        digest = sha256(FILES[name]).hexdigest()
        assert (entry["sha256"], entry["bytes"], entry["type"]) == (digest, len(body), types[name])
        assert digest[:16] in entry["url"]


@pytest.mark.parametrize(
    ("accepts", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("GZIP", "gzip"),
        ("br;q=0,gzip; q=0", None),
        ("identity", None),
        ("", None),
    ],
)
async def test_the_smallest_form_that_the_caller_takes_is_sent(
    ready: Service, accepts: str, coding: str | None
) -> None:
    async with aiohttp.ClientSession(auto_decompress=False) as raw:
        url = url_of(ready) + (await manifest(ready, raw))["desk.glb"]["url"]
        async with raw.get(url, headers={"Accept-Encoding": accepts}) as answer:
            body = await answer.read()
            assert answer.headers.get("Content-Encoding") == coding
            assert answer.headers["Vary"] == "Accept-Encoding"
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[coding]
    assert unpack(body) == GLB
    assert coding is None or len(body) < len(GLB) / 4


async def test_a_usdz_is_never_compressed(ready: Service, http: aiohttp.ClientSession) -> None:
    url = url_of(ready) + (await manifest(ready, http))["desk.usdz"]["url"]
    async with http.get(url, headers=BROWSER) as answer:
        assert ("Content-Encoding" in answer.headers, await answer.read()) == (False, USDZ)


@pytest.mark.parametrize("coding", ["br", "gzip", "identity"])
async def test_who_has_a_file_is_told_so(ready: Service, http: aiohttp.ClientSession, coding: str) -> None:
    url = url_of(ready) + (await manifest(ready, http))["desk.glb"]["url"]
    headers = {"Accept-Encoding": coding}
    async with http.get(url, headers=headers) as answer:
        etag = answer.headers["ETag"]
    for given, status in ((etag, 304), (f'"other", W/{etag}', 304), ("*", 304), ('"other"', 200)):
        async with http.get(url, headers={**headers, "If-None-Match": given}) as answer:
            assert (answer.status, answer.headers["ETag"]) == (status, etag)


async def test_each_form_has_an_etag_of_its_own(ready: Service, http: aiohttp.ClientSession) -> None:
    url = url_of(ready) + (await manifest(ready, http))["desk.glb"]["url"]
    etags = set()
    for coding in ("br", "gzip", "identity"):
        async with http.get(url, headers={"Accept-Encoding": coding}) as answer:
            etags.add(answer.headers["ETag"])
    assert len(etags) == 3, "else a cache may glue the parts of two"


SIZE = len(USDZ)


@pytest.mark.parametrize(
    ("wanted", "status", "part"),
    [
        ("bytes=0-99", 206, slice(0, 100)),
        ("bytes=100-", 206, slice(100, SIZE)),
        ("bytes=-5", 206, slice(SIZE - 5, SIZE)),
        (f"bytes=-{SIZE * 9}", 206, slice(0, SIZE)),
        (f"bytes={SIZE - 1}-{SIZE * 9}", 206, slice(SIZE - 1, SIZE)),
        (f"bytes={SIZE}-", 416, None),
        ("bytes=-0", 416, None),
        ("bytes=9-3", 200, slice(0, SIZE)),
        ("bytes=0-1,5-6", 200, slice(0, SIZE)),
        ("bytes=-", 200, slice(0, SIZE)),
        ("lines=1-2", 200, slice(0, SIZE)),
    ],
)
async def test_quick_look_may_ask_for_a_part(
    ready: Service, http: aiohttp.ClientSession, wanted: str, status: int, part: slice | None
) -> None:
    url = url_of(ready) + (await manifest(ready, http))["desk.usdz"]["url"]
    async with http.get(url, headers={"Range": wanted, **BROWSER}) as answer:
        body = await answer.read()
        assert answer.status == status
        assert answer.headers["Accept-Ranges"] == "bytes"
        if part is None:
            assert answer.headers["Content-Range"] == f"bytes */{SIZE}"
            return
        assert body == USDZ[part]
        if status == 206:
            assert answer.headers["Content-Range"] == f"bytes {part.start}-{part.stop - 1}/{SIZE}"
        etag = answer.headers["ETag"]
    for given, expected in ((etag, status), ('"older"', 200)):
        async with http.get(url, headers={"Range": wanted, "If-Range": given}) as answer:
            assert answer.status == expected


async def test_head_says_the_size_and_sends_nothing(ready: Service, http: aiohttp.ClientSession) -> None:
    url = url_of(ready) + (await manifest(ready, http))["desk.usdz"]["url"]
    async with http.head(url, headers=AS_IT_IS) as answer:
        assert (answer.status, answer.headers["Content-Length"], await answer.read()) == (200, str(SIZE), b"")


async def test_the_manifest_is_asked_for_each_time_and_costs_nothing_when_it_is_known(
    ready: Service, http: aiohttp.ClientSession
) -> None:
    url = url_of(ready) + "/models/manifest.json"
    async with http.get(url) as answer:
        assert answer.headers["Cache-Control"] == "no-cache"
        etag = answer.headers["ETag"]
    async with http.get(url, headers={"If-None-Match": etag}) as answer:
        assert (answer.status, await answer.read()) == (304, b"")


@pytest.mark.parametrize("name", ["desk.glb", "desk.0123456789abcdef.glb", "..%2ftokens.json", "notes.txt"])
async def test_nothing_else_is_served(ready: Service, http: aiohttp.ClientSession, name: str) -> None:
    async with http.get(f"{url_of(ready)}/models/{name}") as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (404, "not_found")


# Made when, and how often.


async def test_who_asks_too_early_is_told_when_to_come_back_and_causes_one_build(
    builder: Builder, start: Start, http: aiohttp.ClientSession
) -> None:
    builder.may_go_on.clear()
    service = await start(cluster="desk")
    url = url_of(service) + "/models/manifest.json"
    assert builder.built == 0
    for _ in range(3):
        async with http.get(url) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
            assert (await answer.json())["error"]["code"] == "model_building"
    builder.may_go_on.set()
    await until(lambda: service.models.ready)
    assert "desk.glb" in await manifest(service, http)
    assert builder.built == 1


async def test_a_page_may_wait_for_the_files_instead(
    builder: Builder, start: Start, http: aiohttp.ClientSession
) -> None:
    builder.may_go_on.clear()
    service = await start(cluster="desk")
    url = url_of(service) + "/models/manifest.json?wait"
    asked = [asyncio.create_task(http.get(url).__aenter__()) for _ in range(3)]
    await until(lambda: builder.built == 1)
    assert not any(each.done() for each in asked)
    builder.may_go_on.set()
    for each in asked:
        async with await each as answer:
            assert (answer.status, "desk.glb" in await answer.json()) == (200, True)
    assert builder.built == 1


async def test_a_page_does_not_wait_for_ever(
    builder: Builder, start: Start, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twin.edge.models_api.HELD_S", 0.05)
    builder.may_go_on.clear()
    service = await start(cluster="desk")
    async with http.get(url_of(service) + "/models/manifest.json?wait") as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (503, "model_building")
    builder.may_go_on.set()


async def test_a_build_that_fails_is_told_and_not_tried_again_at_once(
    builder: Builder, start: Start, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    builder.wrong = "desk.toml line 3: a shelf without Pis"
    service = await start(cluster="desk", models="start")
    await until(lambda: service.models.failed)
    url = url_of(service) + "/models/manifest.json"
    for _ in range(3):
        async with http.get(url) as answer:
            error = (await answer.json())["error"]
            assert (answer.status, error["code"], builder.wrong in error["message"]) == (503, "model_failed", True)
    assert builder.built == 1
    builder.wrong = ""
    monkeypatch.setattr(service.models, "_not_before_s", 0.0)  # a minute has gone by
    async with http.get(url):
        pass
    await until(lambda: service.models.ready)


async def test_the_next_start_builds_nothing(tmp_path: Path) -> None:
    builder = Builder()
    first, second = Shelf(tmp_path, "desk", builder), Shelf(tmp_path, "desk", builder)
    await first.fill()
    await second.fill()
    assert builder.built == 1
    assert dict(first.items) == dict(second.items)
    assert {name for item in second.items.values() for name in item.packed} == {"br", "gzip"}


async def test_another_cluster_is_built_and_the_former_one_goes(tmp_path: Path) -> None:
    builder = Builder()
    mine = tmp_path / "mine.toml"
    shutil.copy(models_file("desk"), mine)
    for text in ("", "\n# moved\n"):
        mine.write_text(mine.read_text() + text)
        await Shelf(tmp_path, str(mine), builder).fill()
    assert builder.built == 2
    assert [each.name for each in (tmp_path / "model-files").iterdir()] == [key_of(str(mine))]


async def test_nothing_is_cleared_away_that_was_not_made_here(tmp_path: Path) -> None:
    folder = tmp_path / "model-files"
    for name in ("mine", "0123456789abcdef", ".fedcba9876543210.77"):
        (folder / name).mkdir(parents=True)
    await Shelf(tmp_path, "desk", Builder()).fill()
    assert sorted(each.name for each in folder.iterdir()) == sorted(["mine", key_of("desk")])


async def test_a_build_that_was_cut_short_leaves_nothing_that_is_served(tmp_path: Path) -> None:
    builder = Builder()
    builder.wrong = "out of paint"
    shelf = Shelf(tmp_path, "desk", builder)
    await shelf.fill()
    assert (shelf.failed, dict(shelf.items)) == ("out of paint", {})
    assert list((tmp_path / "model-files").iterdir()) == []


@pytest.mark.parametrize(("cluster", "says"), [("none.toml", "No such file"), ("desk", "holds no model")])
async def test_what_is_wrong_is_said(tmp_path: Path, cluster: str, says: str) -> None:
    shelf = Shelf(tmp_path, cluster, Builder({}))
    await shelf.fill()
    assert says in shelf.failed


def print_markers(folder: Path, *options: str) -> Path:
    assert main(["markers", "--cluster", "desk", "--out", str(folder / "markers"), *options]) == 0
    return folder / "markers" / "markers.json"


async def test_markers_that_are_printed_meanwhile_mean_another_build_and_what_there_is_stays_until_then(
    builder: Builder, start: Start, http: aiohttp.ClientSession, data_dir: Path
) -> None:
    service = await start(cluster="desk", models="start")
    await until(lambda: service.models.ready)
    before = await manifest(service, http)
    assert builder.printed == [None]
    kept = await asyncio.to_thread(print_markers, data_dir, "--url", "https://twin.example")
    builder.files = {**FILES, "desk.anchored.usdz": USDZ + b"marker"}
    builder.may_go_on.clear()
    assert await manifest(service, http) == before
    await until(lambda: builder.printed == [None, kept])
    assert await manifest(service, http) == before
    builder.may_go_on.set()
    while "desk.anchored.usdz" not in await manifest(service, http):
        assert builder.built == 2
    assert builder.built == 2


async def test_a_markers_file_that_is_no_good_costs_the_anchored_file_only(tmp_path: Path) -> None:
    (tmp_path / "markers").mkdir()
    (tmp_path / "markers" / "markers.json").write_text("{")
    shelf = Shelf(tmp_path, "desk")
    await shelf.fill()
    assert shelf.failed == ""
    assert "desk.usdz" in {item.name for item in shelf.items.values()}
    assert "desk.anchored.usdz" not in {item.name for item in shelf.items.values()}
    assert not shelf.stale()


async def test_the_served_anchored_file_hangs_on_the_marker_that_was_printed(tmp_path: Path) -> None:
    await asyncio.to_thread(print_markers, tmp_path, "--url", "https://twin.example", "--size", "60")
    shelf = Shelf(tmp_path, "desk")
    await shelf.fill()
    body = next(item.body for item in shelf.items.values() if item.name == "desk.anchored.usdz")
    with ZipFile(BytesIO(body)) as package:
        layer = package.read("desk.usda").decode()
        assert "marker-1A.png" in package.namelist()
    assert "uniform double physicalWidth=7.92\n" in layer  # 60 mm of 25 modules, and four of white on each side


async def test_the_real_model_is_built_kept_and_served(start: Start, http: aiohttp.ClientSession) -> None:
    service = await start(cluster="desk", models="start")
    await until(lambda: service.models.ready or service.models.failed, timeout_s=30)
    assert service.models.failed == ""
    told = await manifest(service, http)
    assert {"desk.glb", "desk.usdz", "layout.json"} <= told.keys()
    for entry in told.values():
        async with http.get(url_of(service) + entry["url"], headers={"Accept-Encoding": "gzip, br"}) as answer:
            assert sha256(await answer.read()).hexdigest() == entry["sha256"]
    async with http.get(url_of(service) + told["layout.json"]["url"]) as answer:
        assert await answer.read() == service.layout.encoded


async def test_a_process_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"(?s)ended with [1-9]\d*: .*no-such-cluster"):
        await build_aside("no-such-cluster", tmp_path)


def test_a_name_changes_with_its_bytes_and_with_nothing_else() -> None:
    one, two = (Item("a.b.glb", "", sha256(body).hexdigest(), body) for body in (b"1", b"2"))
    assert (one.file.startswith("a.b."), one.file.endswith(".glb"), one.file != two.file) == (True, True, True)


def models_file(cluster: str) -> Path:
    return Path(models.__file__).parent / f"{cluster}.toml"
