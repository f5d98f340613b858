"""graph-calendar §3, §6.1: how the directory answers lists: $filter, $select, pages."""

from datetime import UTC, datetime
from typing import Any

import pytest

from graphsim.listing import Row, page, selected, wanted
from graphsim.wire import Call, Refused, query_of

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def _call(query: str = "") -> Call:
    return Call("GET", "/v1.0/users", (), query_of(query), {}, b"", "https://x", NOW)


def test_a_filter_compares_one_known_property() -> None:
    call = _call("%24filter=MAIL%20EQ%20%27O%27%27Neil%40X.example%27")
    assert wanted(call, "mail", "id") == ("mail", "o'neil@x.example")
    assert wanted(_call(), "mail") is None


@pytest.mark.parametrize(
    "text", ["name eq 'x'", "mail ne 'x'", "mail eq x", "passwordCredentials/any(c:c/hint eq 'a')"]
)
def test_any_other_filter_is_unsupported(text: str) -> None:
    with pytest.raises(Refused) as raised:
        wanted(_call(f"$filter={text}"), "mail")
    assert (raised.value.status, raised.value.code) == (400, "Request_UnsupportedQuery")


def test_hidden_properties_come_only_when_asked_for() -> None:
    whole: Row = {"id": 1, "mail": 2, "accountEnabled": True}
    hidden = frozenset({"accountEnabled"})
    assert selected(_call(), whole, hidden) == {"id": 1, "mail": 2}
    asked = _call("$select=ID, accountEnabled")
    assert selected(asked, whole, hidden) == {"id": 1, "accountEnabled": True}


@pytest.mark.parametrize("cursor", ["$skip", "$skiptoken"])
def test_the_pages_hold_every_row_once(cursor: str) -> None:
    rows: list[Row] = [{"id": number} for number in range(7)]
    query, seen = "$top=3&$select=id", []
    while True:
        payload: Any = page(_call(query), rows, "users", cursor).payload
        assert payload["@odata.context"] == "https://x/v1.0/$metadata#users(id)"
        seen += payload["value"]
        if "@odata.nextLink" not in payload:
            break
        query = payload["@odata.nextLink"].partition("?")[2]
    assert seen == rows


@pytest.mark.parametrize("query", ["$top=0", "$top=x", "$skiptoken=%21", "$skiptoken=eA"])
def test_a_page_that_cannot_be_is_refused(query: str) -> None:
    with pytest.raises(Refused):
        page(_call(query), [], "users")
