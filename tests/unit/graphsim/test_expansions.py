"""graph-calendar §1.5, Graph's extended properties and event-get: what an $expand asks for."""

import pytest

from graphsim.expansions import Expansion

MARKER = "String {6F7B3C2A-0D7E-4C55-9D0B-3E7A2B1C4D5E} Name a, (b)"
SINGLE = f"singleValueExtendedProperties($filter=id eq '{MARKER}')"
MULTI = SINGLE.replace("single", "multi").replace("String", "StringArray")
MARKED = frozenset({MARKER.lower()})


def test_an_expand_names_one_or_more_properties_of_either_kind() -> None:
    assert Expansion.read(SINGLE) == Expansion(single=MARKED)
    both = SINGLE.replace("')", f"' or id eq '{MARKER}2')")
    assert Expansion.read(both) == Expansion(single=MARKED | {f"{MARKER}2".lower()})
    many = frozenset({MARKER.lower().replace("string", "stringarray")})
    assert Expansion.read(f"{MULTI}, {SINGLE}") == Expansion(MARKED, many)


def test_an_expand_names_exceptions_with_a_select_of_their_own() -> None:
    assert Expansion.read("exceptionoccurrences") == Expansion(exceptions=True)
    inside = f"exceptionOccurrences($select=id, subject),{SINGLE}"
    assert Expansion.read(inside) == Expansion(
        MARKED, exceptions=True, of_exceptions=("id", "subject")
    )


@pytest.mark.parametrize(
    "text",
    [
        "attachments",
        "singleValueExtendedProperties",
        f"{SINGLE},attachments",
        f"{SINGLE} {MULTI}",
        "singleValueExtendedProperties($select=id)",
        "exceptionOccurrences($filter=id eq 'a')",
        "exceptionOccurrences($top=1)",
    ],
)
def test_anything_else_is_not_understood(text: str) -> None:
    assert Expansion.read(text) is None
