"""Stories that still break a promise of the shipped code, each with the sentence why; whoever mends one takes it out."""

from typing import Final

from ..crashes_scripts import Script
from .stories import LIKE_ITS_MASTER, PUT_BACK_LATE

OPEN: Final[dict[str, tuple[Script, str]]] = {
    "like_its_master": (
        LIKE_ITS_MASTER,
        "an occurrence with its master's iCalUId is taken for that row (own_work._row_of), so our series is refused by itself",
    ),
    "put_back_late": (
        PUT_BACK_LATE,
        "the organiser moves a meeting just before it is put back: its new copy is told as nobody's booking",
    ),
}
