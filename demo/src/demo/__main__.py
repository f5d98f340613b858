"""`python -m demo`: what `./run` starts."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from servicekit import logs

from .app import Options, run


def main() -> int:
    """Return the exit code: 0 stopped by Ctrl-C or SIGTERM, 1 failed."""
    parser = argparse.ArgumentParser(
        prog="python -m demo",
        description="A simulated company, the platform, and one page that shows both live.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address of the page (%(default)s)")
    parser.add_argument(
        "--port",
        type=int,
        default=8640,
        help="port of the page (%(default)s, or a free one if taken)",
    )
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=Path(".cache/demo"),
        help="where everything is kept (%(default)s)",
    )
    parser.add_argument(
        "--log-level",
        default="warning",
        choices=["debug", "info", "warning", "error"],
        help="%(default)s",
    )
    given = parser.parse_args()
    logs.configure("demo", given.log_level, "console")
    options = Options(given.host, given.port, given.data_dir.resolve())
    return asyncio.run(_until_signalled(options))


async def _until_signalled(options: Options) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        await run(options, _tell, stop)
    except* Exception as group:  # noqa: BLE001 — the last line of defence: say what happened and end
        for error in _leaves(group):
            _tell(f"failed: {type(error).__name__}: {error}")
        return_code = 1
    else:
        return_code = 0
    return return_code


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    found: list[BaseException] = []
    for error in group.exceptions:
        found += _leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found


def _tell(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
