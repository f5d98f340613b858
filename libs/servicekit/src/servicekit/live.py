"""A setting that may change while the process runs: the file behind it is read again."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import structlog

log = structlog.get_logger()

T = TypeVar("T")
Fingerprint = tuple[int, int, int]

SECONDS_BETWEEN_LOOKS = 1.0


class Live(Generic[T]):
    """The current value of a setting; a bad new file is reported once and the last good value kept."""

    def __init__(
        self,
        name: str,
        parse: Callable[[str], T],
        first: str,
        path: Path | None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises ValueError when the first value is bad."""
        self._name = name
        self._parse = parse
        self._path = path
        self._monotonic = monotonic
        self._seen = self._fingerprint()
        self._refused: Fingerprint | None = None
        self._value = parse(first)
        self._looked_at = monotonic()

    def value(self) -> T:
        """The value; looks at the file at most once a second."""
        if self._path is not None:
            now = self._monotonic()
            if now - self._looked_at >= SECONDS_BETWEEN_LOOKS:
                self._looked_at = now
                self._look(self._path)
        return self._value

    def _look(self, path: Path) -> None:
        print_now = self._fingerprint()
        if print_now in {None, self._seen}:
            return  # gone for a moment while a secret is swapped, or unchanged
        try:
            self._value = self._parse(path.read_text(encoding="utf-8").strip())
        except (OSError, ValueError) as error:
            if self._refused != print_now:
                self._refused = print_now
                log.warning("setting_refused", setting=self._name, error=type(error).__name__)
            return
        self._seen = print_now
        log.info("setting_changed", setting=self._name)

    def _fingerprint(self) -> Fingerprint | None:
        if self._path is None:
            return None
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size
