"""A service's process: help, settings, logs, signals, exit code."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import NoReturn

import structlog
import uvloop

from . import logs
from .settings import S, SettingsInvalid, describe, load

log = structlog.get_logger()

SIGNALS = (signal.SIGTERM, signal.SIGINT)


def run(
    service: str,
    settings: type[S],
    main: Callable[[S, asyncio.Event], Awaitable[None]],
    *,
    arguments: Sequence[str] | None = None,
) -> NoReturn:
    """Run `main` until it returns; `stop` is set by the first SIGTERM or SIGINT, a second one kills.

    Exit codes: 0 drained, 1 main raised, 2 a setting is missing or bad (one line on standard error).
    """
    given = sys.argv[1:] if arguments is None else arguments
    if any(argument in {"-h", "--help"} for argument in given):
        sys.stdout.write(f"{service}\n\nSettings (environment):\n{describe(settings)}\n")
        sys.exit(0)
    if given:
        _refuse(service, f"takes no arguments but --help, not {given[0]!r}")
    try:
        loaded = load(settings, os.environ)
    except SettingsInvalid as error:
        _refuse(service, str(error))
    logs.configure(service, loaded.log_level, loaded.log_format)
    gc.freeze()  # modules live as long as we do: scanning them took a tenth of a second now and then
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(_supervise(service, main, loaded)))


async def _supervise(
    service: str, main: Callable[[S, asyncio.Event], Awaitable[None]], settings: S
) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ask_to_stop(number: signal.Signals) -> None:
        log.info("stopping", signal=number.name)
        for each in SIGNALS:
            loop.remove_signal_handler(each)
            signal.signal(each, signal.SIG_DFL)  # the second one aborts, whatever hangs
        stop.set()

    for number in SIGNALS:
        loop.add_signal_handler(number, ask_to_stop, number)
    log.debug("starting")
    try:
        await main(settings, stop)
    except* SettingsInvalid as group:
        sys.stderr.write(f"{service}: {_first(group)}\n")
        return_code = 2
    except* Exception:
        log.exception("failed")
        return_code = 1
    else:
        log.info("stopped")
        return_code = 0
    return return_code


def _first(group: BaseExceptionGroup[SettingsInvalid]) -> SettingsInvalid:
    for error in group.exceptions:
        return _first(error) if isinstance(error, BaseExceptionGroup) else error
    raise AssertionError("an exception group is never empty")


def _refuse(service: str, reason: str) -> NoReturn:
    sys.stderr.write(f"{service}: {reason}\n")
    sys.exit(2)
