"""What a standalone reads: the services' settings under the same names, with defaults for one machine."""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from pgstore import SecretBox
from servicekit.settings import ServiceSettings


def _default_folder() -> str:
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return str(Path(base) / "clearooms")
