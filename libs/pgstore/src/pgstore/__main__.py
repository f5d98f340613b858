"""`python -m pgstore migrate`."""

import argparse
import asyncio
import os
import sys
from pathlib import Path

from .errors import LoginRefused, PgstoreError
from .migrate import migrate

_DESCRIPTION = """\
Bring the database up to this version's schema. Running it again changes nothing.

settings:
  DATABASE_URL   DSN of the database's owner, who may create roles: the migrations create
                 clearooms_worker, clearooms_manager and clearooms_portal, which you then grant to the services' logins
  DATABASE_URL_FILE   a file that holds it instead
"""


def main() -> int:
    """Return the exit code: 0 done, 1 failed, 2 wrong usage or settings."""
    parser = argparse.ArgumentParser(
        prog="python -m pgstore",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=["migrate"])
    parser.parse_args()
    try:
        dsn = _owner_dsn()
    except ValueError as error:
        return _fail(str(error), 2)
    try:
        applied = asyncio.run(migrate(dsn))
    except LoginRefused as error:
        return _fail(f"DATABASE_URL: {error}", 2)
    except PgstoreError as error:
        return _fail(f"{type(error).__name__}: {error}", 1)
    sys.stdout.write("".join(f"applied {name}\n" for name in applied) or "nothing to apply\n")
    return 0


def _owner_dsn() -> str:
    plain, file = os.environ.get("DATABASE_URL", ""), os.environ.get("DATABASE_URL_FILE", "")
    if plain and file:
        raise ValueError("DATABASE_URL and DATABASE_URL_FILE are both set: keep one")
    if file:
        try:
            plain = Path(file).read_text().strip()
        except OSError as error:
            raise ValueError(f"DATABASE_URL_FILE: {error}") from error
    if not plain:
        raise ValueError("DATABASE_URL is missing: the DSN of the database's owner")
    return plain


def _fail(line: str, code: int) -> int:
    sys.stderr.write(line.replace("\n", " ") + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
