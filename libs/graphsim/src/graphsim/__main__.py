"""`python -m graphsim`: a Microsoft 365 tenant on loopback."""

import argparse
import asyncio
import signal
import sys
from argparse import SUPPRESS
from pathlib import Path
from typing import Any, get_args

import msgspec

from .option_sets import OptionSet
from .options import Options
from .scenario import Scenario, clock_of
from .server import serve
from .simulator import Simulator


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m graphsim",
        description="Serves Entra, Microsoft Graph and a control API (/_sim) on one HTTPS port.",
        epilog="A flag goes before what --scenario says, --set before any.",
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="127.0.0.1 where nobody says")
    parser.add_argument(
        "--state-dir", type=Path, required=True, help="keeps ca.pem and the keys over restarts"
    )
    parser.add_argument("--scenario", type=Path, help="a JSON document, see docs/graphsim.md")
    parser.add_argument("--clock", help="real, virtual, or the ISO instant of a virtual one")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="any option, repeatable"
    )
    options = parser.add_argument_group("the simulated cloud", argument_default=SUPPRESS)
    options.add_argument(
        "--options",
        dest="set_",
        choices=get_args(OptionSet),
        help="one reading of all that is unproven",
    )
    options.add_argument("--seed", type=int, help="same seed, same ids")
    options.add_argument(
        "--appear-seconds",
        type=float,
        help="from a room copy's appearance to the booking attendant's answer",
    )
    options.add_argument("--notify-delay", type=float, help="from a change to its notification")
    options.add_argument("--latency", type=float, help="seconds added to each Graph call")
    options.add_argument(
        "--retry-first-seconds", type=float, help="first pause after a failed delivery"
    )
    options.add_argument("--token-seconds", type=int, help="how long tokens are valid; 3599")
    options.add_argument("--lifetime-minutes", type=int, help="longest subscription; 10070")
    options.add_argument("--allow-http", action="store_true", help="accept http notification URLs")
    options.add_argument(
        "--no-duplicate-conflict",
        dest="duplicate_conflict",
        action="store_false",
        help="accept a second equal subscription",
    )
    return parser


def _assigned(texts: list[str]) -> dict[str, Any]:
    """The values of `--set`: JSON where it is that, otherwise the text itself."""
    values: dict[str, Any] = {}
    for name, equals, text in (one.partition("=") for one in texts):
        if not equals:
            raise ValueError(f"--set takes NAME=VALUE, not {name!r}")
        try:
            values[name] = msgspec.json.decode(text)
        except msgspec.DecodeError:
            values[name] = text
    return values


def _simulator(arguments: dict[str, Any]) -> Simulator:
    """What the command line orders; raises ValueError."""
    folder, file, clock = (arguments.pop(name) for name in ("state_dir", "scenario", "clock"))
    assigned = _assigned(arguments.pop("set"))
    if "set_" in arguments:
        arguments["set"] = arguments.pop("set_")
    scenario = Scenario.of_file(file) if file else Scenario.read(b"{}")
    options: Options = scenario.options(**{**arguments, **assigned})
    simulator = Simulator(options, folder, clock_of(clock) if clock else scenario.clock())
    scenario.play(simulator.state, simulator.faults)
    return simulator


async def _serve(simulator: Simulator, port: int, host: str) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with serve(simulator, port, host) as address:
        sys.stdout.write(f"graphsim ready: {address.origin} (CA {address.ca_file})\n")
        sys.stdout.flush()
        await stop.wait()


def _main() -> None:
    parser = _arguments()
    arguments = vars(parser.parse_args())
    port, host = arguments.pop("port"), arguments.pop("host")
    try:
        simulator = _simulator(arguments)
    except ValueError as error:
        parser.exit(2, f"graphsim: {error}\n")
    asyncio.run(_serve(simulator, port, host))


if __name__ == "__main__":
    _main()
