"""Keys that nobody typed: made once for the embedded database, kept beside its data."""

import base64
import os
import secrets
from pathlib import Path

_KEY_BYTES = 32


def kept_keys(folder: Path, name: str) -> str:
    """Return the `id:base64` of the file `name`, made on first use and readable by its owner alone."""
    return _kept(folder / name, f"k1:{base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()}")


def kept_token(folder: Path, name: str) -> str:
    """Return the bearer token of the file `name`, made on first use and readable by its owner alone."""
    return _kept(folder / name, secrets.token_urlsafe(_KEY_BYTES))


def _kept(file: Path, fresh: str) -> str:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text(encoding="utf-8").strip()
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        opened.write(fresh + "\n")
    return fresh
