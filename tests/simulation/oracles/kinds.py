"""Every kind of violation that an oracle or a witness knows, by what its text says: each must have been seen failing."""

import re
from typing import Final

KINDS: Final[dict[str, str]] = {
    "O1: one side alone": r"O1: [0-9a-f]{8}-.* alone$",
    "O1: a meeting of a series on one side alone": r"O1: B\d+\.\d .* alone$",
    "O2: at another time": r"O2: .* in Outlook, not at ",
    "O2: with another answer": r"O2: .*, in Outlook \w+$",
    "O2: with another subject": r"O2: .* is called ",
    "O2: with another organiser": r"O2: .* another organiser",
    "O2: a meeting of a series at another time": r"O2: .* is at another time in Outlook",
    "O2: of another series": r"O2: .* belongs to another series",
    "O3: gone": r"O3: .* is gone, and nobody cancelled it",
    "O3: not at the last time": r"O3: B\d+ .* is not at the time that somebody wanted last",
    "O3: not under the last subject": r"O3: B\d+ .* in Outlook, wanted was",
    "O3: under a subject that nobody wanted": r"O3: B\d+ [^ ]+ is called '[^']*'$",
    "O3: a meeting of a series gone": r"O3: B\d+\.\d .* is gone, and nobody called it off",
    "O3: a meeting of a series not at the last time": r"O3: B\d+\.\d .* is not at the time",
    "O3: a meeting of a series not under the last subject": r"O3: B\d+\.\d .* wanted was",
    "O4: cancelled, and there": r"O4: .* was cancelled and is there",
    "O4: refused, and there": r"O4: .* was refused and is there",
    "O4: called off, and there": r"O4: .* was called off and is there",
    "O5: a booking that nobody wanted": r"O5: nobody wanted the booking",
    "O5: an event that nobody wanted": r"O5: nobody wanted the event",
    "O6: made twice": r"O6: \d+ events of ",
    "O7: alone, and conflicted": r"O7: .* is conflicted, alone",
    "O7: overlapping, and not conflicted": r"O7: .*, overlapping",
    "O8: a mailbox of another tenant": r"O8: .* on a mailbox of another tenant",
    "O8: an organisation that has left": r"O8: .* for an organisation that has left",
    "O8: told in another organisation": r"O8: room .* was told of in another organisation",
    "O8: a subject that is to stay in Outlook": r"O8: B\d+ .* was told as '",
    "O9: too many writes": r"O9: \d+ writes for \d+ commands",
    "O9: no quiet": r"O9: no quiet within",
    "O10: touched unasked": r"O10: .* which nobody asked us to touch",
    "O10: a version told in two ways": r"O10: version .* was told in two ways",
    "O10: two results": r"O10: command .* has two results",
    "O10: told as cancelled for a while": r"O10: .* was told as cancelled, and nobody",
    "O10: back after it was told as cancelled": r"O10: .* came back after",
    "O10: an old time told again": r"O10: .* was told again at a time",
    "O10: an error was logged": r"O10: \w+(: \w+|$| )(?!.*(told|touch|results|came back))",
    "O11: no result": r"O11: no result of",
    "O11: refused without cause": r"O11: .* without cause",
    "O11: carried out where nothing is ours": r"O11: .* where nothing is ours to sync",
    "O11: carried out after its time": r"O11: .* was carried out after its time",
    "O11: a dead letter": r"O11: dead letter",
    "O12: too many calls at once": r"O12: .* as too many at once",
    "O12: more fields than needed": r"O12: fields beyond the minimum",
    "a witness": r"witness: \w+ never struck",
    "an end before its time": r"died: ",
}


def kind_of(violation: str) -> str | None:
    """Which it is; None for what only a story checks."""
    return next((name for name, text in KINDS.items() if re.match(text, violation)), None)
