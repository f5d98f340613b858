"""graph-calendar §11.2, Graph's singleValueLegacyExtendedProperty, create and get: ids, values and $filter."""

from dataclasses import replace

import pytest

from graphsim.properties import filtered, held, is_id, merged

from .rooms import World

MARKER = "String {6F7B3C2A-0D7E-4C55-9D0B-3E7A2B1C4D5E} Name clearooms"


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (MARKER, True),
        ("Integer {6f7b3c2a-0d7e-4c55-9d0b-3e7a2b1c4d5e} Id 0x8A01", True),
        ("String clearooms", False),
        ("String {6F7B3C2A} Name clearooms", False),
    ],
)
def test_a_property_id_has_a_type_a_namespace_and_a_name(text: str, known: bool) -> None:
    assert is_id(text) is known


def test_a_filter_by_id_and_value_is_read_with_its_doubled_quotes() -> None:
    text = f"singleValueExtendedProperties/Any(ep: ep/id eq '{MARKER}' and ep/value eq 'it''s')"
    assert filtered(text) == (MARKER.lower(), "it's")
    assert filtered(text.replace("Any(ep:", "any(p:").replace("ep/", "p/")) == filtered(text)
    assert filtered(text.replace("ep:", "p:")) is None
    assert filtered(f"{text} and isCancelled eq false") is None


def test_an_id_in_another_spelling_is_the_same_property() -> None:
    assert merged({MARKER: "1", "b": "2"}, {MARKER.upper(): "3"}) == {"b": "2", MARKER.upper(): "3"}
    copy = replace(World().answered(), properties={MARKER: "1"})
    assert held(copy, {MARKER.lower()}) == [{"id": MARKER, "value": "1"}]
    assert held(copy, set()) == []
