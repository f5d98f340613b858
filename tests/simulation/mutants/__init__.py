"""Planted bugs: every defence taken away once, to prove that the histories and their oracles would notice."""

from typing import Final

from .duties import DUTIES
from .mutant import Mutant
from .promises import PAIRS, PROMISES
from .reading import READING
from .telling import TELLING
from .writing import WRITING

MUTANTS: Final[dict[str, Mutant]] = {
    each.name: each for each in (*PROMISES, *READING, *WRITING, *TELLING, *DUTIES, *PAIRS)
}

__all__ = ["MUTANTS", "Mutant"]
