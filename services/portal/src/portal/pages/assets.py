"""Style sheets, scripts and pictures, packaged with the service: compressed once, under addresses that name their content."""

import gzip
import hashlib
import mimetypes
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from aiohttp import web

_PREFIX: Final = "/static"
_FOREVER: Final = "public, max-age=31536000, immutable"
_TEXT: Final = (".css", ".js", ".svg")


class Assets:
    """Every file under `static/`, held in memory."""

    def __init__(self) -> None:
        self._files: dict[str, tuple[bytes, bytes | None, str]] = {}
        self._addresses: dict[str, str] = {}
        for name, file in _walk(files(__package__ or "").joinpath("../static"), ""):
            content = file.read_bytes()
            packed = gzip.compress(content, 9, mtime=0) if name.endswith(_TEXT) else None
            kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
            self._files[name] = (content, packed, kind)
        # One mark for all: modules import each other by relative addresses, so they change together.
        mark = hashlib.sha256()
        for name in sorted(self._files):
            mark.update(name.encode() + self._files[name][0])
        self._root = f"{_PREFIX}/{mark.hexdigest()[:12]}"

    def address(self, name: str) -> str:
        """Return where the file is served; raises KeyError for a name that is not there."""
        self._files[name]
        return f"{self._root}/{name}"

    def install(self, app: web.Application) -> None:
        """Serve them; an address of an earlier release gets the present file, not to be kept."""
        app.router.add_get(_PREFIX + "/{mark}/{name:.+}", self._serve)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        found = self._files.get(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        content, packed, kind = found
        present = request.path.startswith(self._root + "/")
        headers = {
            "Cache-Control": _FOREVER if present else "no-store",
            "X-Content-Type-Options": "nosniff",
            "Vary": "Accept-Encoding",
        }
        if packed is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
            headers["Content-Encoding"] = "gzip"
            content = packed
        charset = "utf-8" if kind.startswith(("text/", "application/javascript")) else None
        return web.Response(body=content, content_type=kind, charset=charset, headers=headers)


def _walk(folder: Traversable, path: str) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _walk(entry, f"{path}{entry.name}/")
        elif not entry.name.endswith(".md"):
            found.append((path + entry.name, entry))
    return found
