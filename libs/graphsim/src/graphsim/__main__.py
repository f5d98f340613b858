"""`python -m graphsim`: a Microsoft 365 tenant on loopback."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from .options import Options
from .server import serve
from .simulator import Simulator


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m graphsim",
        description="Serves Entra, Microsoft Graph and a control API (/_sim) on one HTTPS port.",
    )
    default = Options()
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument(
        "--state-dir", type=Path, required=True, help="keeps ca.pem and the keys over restarts"
    )
    parser.add_argument("--seed", type=int, default=default.seed, help="same seed, same ids")
    parser.add_argument(
        "--appear-seconds",
        type=float,
        default=default.appear_seconds,
        help="from a room copy's appearance to the booking attendant's answer",
    )
    parser.add_argument("--notify-delay", type=float, default=default.notify_delay)
    parser.add_argument("--latency", type=float, default=default.latency)
    parser.add_argument("--retry-first-seconds", type=float, default=default.retry_first_seconds)
    parser.add_argument("--token-seconds", type=int, default=default.token_seconds)
    parser.add_argument("--lifetime-minutes", type=int, default=default.lifetime_minutes)
    parser.add_argument("--allow-http", action="store_true", help="accept http notification URLs")
    parser.add_argument(
        "--no-duplicate-conflict",
        dest="duplicate_conflict",
        action="store_false",
        help="accept a second equal subscription",
    )
    return parser


async def _main(arguments: argparse.Namespace) -> None:
    given = vars(arguments)
    port, host, folder = (given.pop(name) for name in ("port", "host", "state_dir"))
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with serve(Simulator(Options(**given), folder), port, host) as address:
        sys.stdout.write(f"graphsim ready: {address.origin} (CA {address.ca_file})\n")
        sys.stdout.flush()
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(_main(_arguments().parse_args()))
