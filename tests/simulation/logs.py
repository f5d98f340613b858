"""What the services log as an error: nothing that a history may contain, and nothing else of their logs is kept."""

import sys
from collections.abc import MutableMapping
from typing import Any, Final, NoReturn

import structlog

ERRORS: Final[list[str]] = []
"""Of the history that is lived just now."""


def listen() -> None:
    """Keep errors, drop the rest before it costs anything."""
    structlog.configure(
        processors=[_keep],
        wrapper_class=structlog.make_filtering_bound_logger(40),
        logger_factory=structlog.ReturnLoggerFactory(),
    )


def _keep(_: object, __: str, event: MutableMapping[str, Any]) -> NoReturn:
    error = sys.exc_info()[1]
    place = error.__traceback__ if error else None
    ours = ""
    while place is not None:
        name = place.tb_frame.f_code.co_filename
        if "/services/" in name:
            ours = f" at {name.rpartition('/')[2]}:{place.tb_lineno}"
        place = place.tb_next
    cause = f": {type(error).__name__}{ours}" if error else ""
    ERRORS.append(f"{event['event']}{cause} {event.get('room', '')}")
    raise structlog.DropEvent
