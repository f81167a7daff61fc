import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from services.chassis import assets
from services.chassis.assets import CATALOGUE, AssetsMissing, asset_url, load, mount_assets
from services.chassis.settings import Settings

CSS = "bootstrap-italia/dist/css/bootstrap-italia.min.css"
VIDEO_FONT = "@font-face{font-family:VideoJS;src:url(data:font/woff;base64,AAAA) format('woff')}"


@pytest.fixture(scope="module")
def node_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("node_modules")
    for path in CATALOGUE:
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"content of {path} " * 20, encoding="utf-8")
    (folder / CSS).write_text("a{color:#000}" + VIDEO_FONT + "b{color:#fff}", encoding="utf-8")
    (folder / "htmx.org" / "package.json").write_text("{}", encoding="utf-8")
    (folder.parent / "secret.txt").write_text("secret", encoding="utf-8")
    return folder


@pytest.fixture
async def client(node_modules: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette()
    mount_assets(app, Settings(assets=node_modules))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x.example") as client:
        yield client


@pytest.mark.parametrize(
    "path", [*CATALOGUE, "affianca.css", "affianca.js", "affianca.svg", "api_docs.css", "api_docs.js", "fonts.css"]
)
async def test_every_listed_file_is_served_with_its_type(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"/assets/{path}")

    kinds = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml", "woff2": "font/woff2"}
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == kinds[path.rpartition(".")[2]]
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_the_address_that_pages_use_may_be_kept_for_ever_and_others_a_day(
    client: httpx.AsyncClient, node_modules: Path
) -> None:
    url = asset_url(load(node_modules), CSS)

    assert "immutable" in (await client.get(url)).headers["cache-control"]
    assert "immutable" not in (await client.get(f"/assets/{CSS}?v=of-an-older-release")).headers["cache-control"]


def test_the_address_changes_with_the_content(node_modules: Path, tmp_path: Path) -> None:
    other = tmp_path / "node_modules"
    for path in CATALOGUE:
        (other / path).parent.mkdir(parents=True, exist_ok=True)
        (other / path).write_bytes((node_modules / path).read_bytes() + b" ")

    assert asset_url(load(other), CSS) != asset_url(load(node_modules), CSS)


async def test_head_answers_the_same_headers_without_content(client: httpx.AsyncClient) -> None:
    got, asked = await client.get(f"/assets/{CSS}"), await client.head(f"/assets/{CSS}")

    assert asked.status_code == 200
    assert asked.content == b""
    assert asked.headers["content-length"] == got.headers["content-length"]


async def test_a_browser_that_has_the_file_is_not_sent_it_again(client: httpx.AsyncClient) -> None:
    tag = (await client.get("/assets/affianca.css")).headers["etag"]

    answer = await client.get("/assets/affianca.css", headers={"If-None-Match": tag})

    assert (answer.status_code, answer.content) == (304, b"")


async def test_text_is_compressed_for_those_who_can_read_it(client: httpx.AsyncClient) -> None:
    compressed = await client.get("/assets/affianca.css", headers={"Accept-Encoding": "gzip"})
    plain = await client.get("/assets/affianca.css", headers={"Accept-Encoding": "identity"})

    assert compressed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert int(compressed.headers["content-length"]) < int(plain.headers["content-length"])
    assert compressed.content == plain.content


@pytest.mark.parametrize(
    "path",
    [
        "htmx.org/package.json",
        "../secret.txt",
        "..%2Fsecret.txt",
        "%2e%2e/secret.txt",
        "htmx.org/../../secret.txt",
        "/etc/passwd",
        "static/affianca.css",
        "",
    ],
)
async def test_nothing_else_is_served(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(f"/assets/{path}")).status_code == 404


async def test_nothing_can_be_written(client: httpx.AsyncClient) -> None:
    assert (await client.post(f"/assets/{CSS}")).status_code == 405


def test_a_missing_folder_says_at_start_what_installs_it(tmp_path: Path) -> None:
    with pytest.raises(AssetsMissing, match="make up"):
        mount_assets(Starlette(), Settings(assets=tmp_path / "nowhere"))


async def test_a_font_inside_the_style_sheet_is_left_out_because_the_policy_refuses_it(
    client: httpx.AsyncClient,
) -> None:
    assert (await client.get(f"/assets/{CSS}")).text == "a{color:#000}b{color:#fff}"


async def test_our_style_sheets_name_only_files_that_are_served(client: httpx.AsyncClient) -> None:
    named = re.findall(r'url\("([^"]+)"\)', (await client.get("/assets/fonts.css")).text)

    assert len(named) >= 5
    assert [path for path in named if (await client.get(f"/assets/{path}")).status_code != 200] == []


def test_no_style_sheet_or_script_of_ours_names_another_host() -> None:
    static = Path(assets.__file__).parent / "static"
    texts = {file.name: file.read_text(encoding="utf-8") for file in static.iterdir()}

    foreign = {name for name, text in texts.items() if re.search(r"(https?:)?//(?!www\.w3\.org/)[a-z]+\.", text)}

    assert foreign == set()
