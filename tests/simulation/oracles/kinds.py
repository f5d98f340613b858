"""Every kind of violation that an oracle or a witness knows, by what its text says: each must have been seen failing."""

from typing import Final

KINDS: Final[dict[str, tuple[str, ...]]] = {
    "O1: one side alone": ("O1:", " alone"),
    "O1: a meeting of a series on one side alone": ("O1:", "is on the platform alone"),
    "O2: at another time": ("O2:", " in Outlook, not at "),
    "O2: with another answer": ("O2:", ", in Outlook "),
    "O2: with another subject": ("O2:", " is called "),
    "O2: with another organiser": ("O2:", "has another organiser"),
    "O2: a meeting of a series at another time": ("O2:", "is at another time in Outlook"),
    "O2: of another series": ("O2:", "belongs to another series"),
    "O3: gone": ("O3:", "is gone, and nobody cancelled it"),
    "O3: not at the last time": ("O3:", "is not at the time that somebody wanted last"),
    "O3: not under the last subject": ("O3:", "in Outlook, wanted was"),
    "O3: a meeting of a series gone": ("O3:", "is gone, and nobody called it off"),
    "O4: cancelled, and there": ("O4:", "was cancelled and is there"),
    "O4: refused, and there": ("O4:", "was refused and is there"),
    "O4: called off, and there": ("O4:", "was called off and is there"),
    "O5: a booking that nobody wanted": ("O5:", "nobody wanted the booking"),
    "O5: an event that nobody wanted": ("O5:", "nobody wanted the event"),
    "O6: made twice": ("O6:", " events of "),
    "O7: alone, and conflicted": ("O7:", "is conflicted, alone"),
    "O7: overlapping, and not conflicted": ("O7:", ", overlapping"),
    "O8: a mailbox of another tenant": ("O8:", "on a mailbox of another tenant"),
    "O8: an organisation that has left": ("O8:", "for an organisation that has left"),
    "O8: told in another organisation": ("O8:", "was told of in another organisation"),
    "O8: a subject that is to stay in Outlook": ("O8:", " was told as "),
    "O9: too many writes": ("O9:", " writes for ", " commands"),
    "O9: no quiet": ("O9:", "no quiet within"),
    "O10: touched unasked": ("O10:", "which nobody asked us to touch"),
    "O10: a version told in two ways": ("O10:", "was told in two ways"),
    "O10: two results": ("O10:", "has two results"),
    "O10: told as cancelled for a while": ("O10:", "was told as cancelled, and nobody"),
    "O10: back after it was told as cancelled": ("O10:", "came back after"),
    "O10: an old time told again": ("O10:", "was told again at a time"),
    "O10: an error was logged": ("O10:", "_failed"),
    "O11: no result": ("O11:", "no result of"),
    "O11: refused without cause": ("O11:", "without cause"),
    "O11: carried out where nothing is ours": ("O11:", "where nothing is ours to sync"),
    "O11: carried out after its time": ("O11:", "was carried out after its time"),
    "O11: a dead letter": ("O11:", "dead letter"),
    "O12: too many calls at once": ("O12:", "as too many at once"),
    "O12: more fields than needed": ("O12:", "fields beyond the minimum"),
    "a witness": ("witness:", " never struck"),
    "an end before its time": ("died:",),
}
"""In this order: of two that fit a text the later one is meant."""


def kind_of(violation: str) -> str | None:
    """Which it is; None for what only a story checks."""
    fitting = [name for name, words in KINDS.items() if all(word in violation for word in words)]
    return fitting[-1] if fitting else None
