"""Why the command cannot do what it was asked: one sentence, what to do next, and the exit code."""

from typing import Final

NOT_WELL: Final = 1
WRONG_USE: Final = 2
REFUSED: Final = 3
UNREACHABLE: Final = 4

CODES: Final = """
Exit codes: 0 done, or all is well; 1 the answer is no (something is wrong, a test is red, not confirmed); 2 wrong usage or a
missing setting; 3 refused: wrong token, not there, not acceptable; 4 the portal or the broker cannot be reached: try again.
"""


class Failure(Exception):
    """Ends the command."""

    def __init__(self, text: str, todo: str, code: int) -> None:
        super().__init__(text)
        self.text = text
        self.todo = todo
        self.code = code


class NotThere(Failure):
    """The portal has no such thing, or shows it to nobody."""


def refused(text: str, todo: str) -> Failure:
    """The other side said no, and would say it again."""
    return Failure(text, todo, REFUSED)


def unreachable(text: str, todo: str) -> Failure:
    """The other side could not be asked."""
    return Failure(text, todo, UNREACHABLE)
