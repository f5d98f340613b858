"""`python -m contracts docs/messages` writes the generated documents below that folder."""

import sys
from pathlib import Path

from .documents import documents


def main() -> None:
    """Write every document; the folder is the one argument."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m contracts FOLDER")
    for path, text in documents().items():
        file = Path(sys.argv[1], path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


main()
