"""`python -m tests.browser.pictures`: the documents' pictures from the screenshots of the last run, small enough for a repository."""

from pathlib import Path
from typing import Final

from PIL import Image

from .visitor import SHOTS

DOCS: Final = Path("docs/pictures")
MOST_BYTES: Final = 60 * 1024
_WIDTH: Final = 900
_COLOURS: Final = 96
_PICTURES: Final = {
    "guide": (0, 0, 1280, 860),
    "integration-first": (0, 0, 1280, 760),
    "integration-successful": (270, 725, 1260, 1500),
    "integration-failed": (270, 725, 1260, 1500),
    "integration-renewal-refused": (0, 0, 1280, 960),
    "overview": (0, 0, 1280, 520),
    "plan-editor": (0, 0, 1280, 690),
    "plan": (250, 55, 1280, 960),
}
"""Names of screenshots, and the part of each that is shown: left, top, right, bottom."""


def main() -> None:
    """Write them all; raises FileNotFoundError for a screenshot that no test has made."""
    DOCS.mkdir(parents=True, exist_ok=True)
    for name, part in _PICTURES.items():
        with Image.open(SHOTS / f"{name}.png") as shot:
            small = shot.convert("RGB").crop(part)
        small.thumbnail((_WIDTH, _WIDTH), Image.Resampling.LANCZOS)
        file = DOCS / f"{name}.png"
        few = small.quantize(_COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        few.save(file, optimize=True)
        size = file.stat().st_size
        assert size <= MOST_BYTES, f"{file} has {size} bytes"


if __name__ == "__main__":
    main()
