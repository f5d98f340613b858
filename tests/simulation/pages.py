"""A process's memory in large pages: a history walks all over it, and finding small pages took a twelfth of its time."""

import ctypes
import re
from pathlib import Path
from typing import Final

_MAPS: Final = Path("/proc/self/maps")
_OWN: Final = re.compile(r"^(\w+)-(\w+) rw-p \w+ \S+ 0\s*(?:\[heap\])?$", re.MULTILINE)
_LARGE: Final = 2 << 20
_ADVICE: Final = (
    14,
    25,
)  # MADV_HUGEPAGE and MADV_COLLAPSE of Linux; Python names the second from 3.14 on


def enlarge() -> None:
    """Put what this process has by now into large pages, where the system has them."""
    if not _MAPS.exists():
        return
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for first, last in _OWN.findall(_MAPS.read_text()):
        begins, size = int(first, 16), int(last, 16) - int(first, 16)
        if size >= _LARGE:
            for advice in _ADVICE:
                madvise(begins, size, advice)  # refused, it costs time and nothing else
