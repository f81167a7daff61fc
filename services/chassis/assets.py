"""Styles, scripts, fonts and icons, served by ourselves under `/assets/`: no page loads from another host.

Only what `CATALOGUE` lists, and the files of `static/`, is served; everything is read at start, so no path of a
request ever reaches the file system. To add a file of an npm package: add the package to package.json and one line
to `CATALOGUE`. Pages name files with `asset("...")`, whose address changes with the content, hence the long caching.
"""

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.chassis.errors import PermanentError
from services.chassis.settings import Settings

PREFIX = "/assets/"

_FONTS = "bootstrap-italia/dist/fonts"
CATALOGUE: tuple[str, ...] = (
    "bootstrap-italia/dist/css/bootstrap-italia.min.css",
    "bootstrap-italia/dist/js/bootstrap-italia.bundle.min.js",
    "bootstrap-italia/dist/svg/sprites.svg",
    f"{_FONTS}/Titillium_Web/titillium-web-v10-latin-ext_latin-300.woff2",
    f"{_FONTS}/Titillium_Web/titillium-web-v10-latin-ext_latin-regular.woff2",
    f"{_FONTS}/Titillium_Web/titillium-web-v10-latin-ext_latin-italic.woff2",
    f"{_FONTS}/Titillium_Web/titillium-web-v10-latin-ext_latin-600.woff2",
    f"{_FONTS}/Titillium_Web/titillium-web-v10-latin-ext_latin-700.woff2",
    f"{_FONTS}/Roboto_Mono/roboto-mono-v13-latin-ext_latin-regular.woff2",
    "htmx.org/dist/htmx.min.js",
    "swagger-ui-dist/swagger-ui.css",
    "swagger-ui-dist/swagger-ui-bundle.js",
)
"""Paths below `node_modules`, which are also the addresses below `/assets/`."""

_STATIC = Path(__file__).parent / "static"
_FOREVER = "public, max-age=31536000, immutable"
_A_DAY = "public, max-age=86400"
_COMPRESSIBLE = ("text/", "image/svg+xml")
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2"}

# Bootstrap Italia carries the icons of a video player that we do not use; our security policy refuses fonts inside
# style sheets, and every page would log a violation.
_EMBEDDED_FONT = re.compile(rb"@font-face\s*\{[^{}]*url\(data:[^{}]*\}")


class AssetsMissing(PermanentError):
    """The npm packages are not where AFFIANCA_ASSETS says; nothing helps but installing them."""


@dataclass(frozen=True)
class Asset:
    """One file in memory, with its compressed form when that is what browsers are sent."""

    content: bytes
    compressed: bytes | None
    media_type: str
    digest: str


@cache
def load(node_modules: Path) -> Mapping[str, Asset]:
    """Everything that is served, by path below `/assets/`; read once per process."""
    missing = [path for path in CATALOGUE if not (node_modules / path).is_file()]
    if missing:
        raise AssetsMissing(
            f"web assets are missing below {node_modules}: run `make up`, which installs them "
            f"(AFFIANCA_ASSETS names the folder). First missing: {missing[0]}"
        )
    files = {path: node_modules / path for path in CATALOGUE}
    files |= {file.name: file for file in sorted(_STATIC.iterdir()) if file.is_file()}
    return {path: _read(file) for path, file in files.items()}


def asset_url(assets: Mapping[str, Asset], path: str) -> str:
    """The address of a file, with its content's digest; an unlisted file is a programming error."""
    return f"{PREFIX}{path}?v={assets[path].digest}"


def mount_assets(app: Starlette, settings: Settings) -> None:
    """Serves the files below `/assets/`; fails at start when they are not installed."""
    assets = load(settings.assets)

    def serve(request: Request) -> Response:
        asset = assets.get(request.path_params["path"])
        if asset is None:
            raise HTTPException(404)
        return _answer(request, asset)

    app.add_route(PREFIX + "{path:path}", serve, methods=["GET", "HEAD"], name="assets", include_in_schema=False)


def _answer(request: Request, asset: Asset) -> Response:
    current = request.query_params.get("v") == asset.digest
    headers = {
        "Cache-Control": _FOREVER if current else _A_DAY,
        "ETag": f'W/"{asset.digest}"',
        "X-Content-Type-Options": "nosniff",
    }
    if asset.compressed is not None:
        headers["Vary"] = "Accept-Encoding"
    if asset.digest in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    content = asset.content
    if asset.compressed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        content, headers["Content-Encoding"] = asset.compressed, "gzip"
    return Response(content, media_type=asset.media_type, headers=headers)


def _read(file: Path) -> Asset:
    content = _EMBEDDED_FONT.sub(b"", file.read_bytes()) if file.suffix == ".css" else file.read_bytes()
    media_type = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    compressed = gzip.compress(content, 6, mtime=0) if media_type.startswith(_COMPRESSIBLE) else None
    return Asset(content, compressed, media_type, hashlib.sha256(content).hexdigest()[:16])
