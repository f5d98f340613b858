"""What the Graph client writes, and what it makes of the answers, over the wire."""

import asyncio
import json
import logging
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote
from uuid import UUID

import pytest
from aiohttp import web

from graphclient import (
    EVENT_SELECT,
    MARKER,
    Changed,
    Conflict,
    EventChange,
    Forbidden,
    Invitee,
    MailboxUnsupported,
    Malformed,
    NewEvent,
    NotFound,
    Rejected,
    Tenant,
    Throttled,
    Unavailable,
)

from .test_graphclient import (
    CREDENTIALS,
    MAILBOX,
    TOKENS,
    Handler,
    Stage,
    event,
    graph_of,
    refuses,
    running_stage,
    says,
)

EVENTS = f"/v1.0/users/{MAILBOX}/events"
ONE = f"{EVENTS}/e1"
ETAG = 'W/"DwAAABYAAAB"'
NEW = NewEvent(
    subject="Desk platform: Team sync",
    start=datetime(2026, 3, 2, 8, tzinfo=UTC),
    end=datetime(2026, 3, 2, 9, tzinfo=UTC),
    time_zone="Europe/Berlin",
    all_day=False,
    transaction_id=UUID("5b7c2c0e-1111-4a5e-9c0e-000000000001"),
    marker="b-1",
    room=Invitee("Room A", "room-a@example.com"),
)
LATER = EventChange(start=NEW.end, time_zone="Europe/Berlin")
CANARY = "canary-7f3a"
FULL_ANSWER = {
    "id": "e1",
    "@odata.etag": ETAG,
    "iCalUId": "040000008200E0",
    "subject": CANARY,
    "bodyPreview": CANARY,
    "body": {"contentType": "html", "content": CANARY * 10_000},
    "location": {"displayName": CANARY},
    "organizer": {"emailAddress": {"name": CANARY, "address": f"{CANARY}@x.test"}},
    "attendees": [{"type": "required", "emailAddress": {"address": f"{CANARY}@x.test"}}],
    "onlineMeeting": {"joinUrl": f"https://x.test/{CANARY}"},
    "webLink": f"https://x.test/{CANARY}",
}
WRITES: dict[str, tuple[str, Callable[[Tenant], Awaitable[object]]]] = {
    "create": (EVENTS, lambda tenant: tenant.create_event(MAILBOX, NEW)),
    "change": (ONE, lambda tenant: tenant.change_event(MAILBOX, "e1", ETAG, LATER)),
    "cancel": (f"{ONE}/cancel", lambda tenant: tenant.cancel_event(MAILBOX, "e1", ETAG, "off")),
    "delete": (ONE, lambda tenant: tenant.delete_event(MAILBOX, "e1", ETAG)),
    "decline": (f"{ONE}/decline", lambda tenant: tenant.decline_event(MAILBOX, "e1", "taken")),
}


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with running_stage(tmp_path) as stage:
        yield stage


@pytest.fixture
async def tenant(stage: Stage) -> AsyncIterator[Tenant]:
    async with graph_of(stage) as graph:
        yield graph.tenant(CREDENTIALS)


def empty(status: int) -> Handler:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=status)

    return handler


def duplicate(status: int, existing: str) -> Handler:
    error = {
        "code": "ErrorDuplicateTransactionId",
        "message": "",
        "@event.existingEventId": existing,
    }
    return says({"error": error}, status)


async def test_an_event_is_created_in_the_mailbox_of_an_address(
    stage: Stage, tenant: Tenant
) -> None:
    stage.answer("/v1.0/users/o'neil+a#1@x.test/events", says(FULL_ANSWER, 201))

    made = await tenant.create_event("o'neil+a#1@x.test", NEW)

    assert (made.id, made.etag, made.ical_uid) == ("e1", ETAG, "040000008200E0")
    assert json.loads(stage.bodies[0]) == {
        "subject": "Desk platform: Team sync",
        "start": {"dateTime": "2026-03-02T09:00:00", "timeZone": "Europe/Berlin"},
        "end": {"dateTime": "2026-03-02T10:00:00", "timeZone": "Europe/Berlin"},
        "isAllDay": False,
        "showAs": "busy",
        "location": {"displayName": "Room A", "locationEmailAddress": "room-a@example.com"},
        "attendees": [
            {
                "type": "resource",
                "emailAddress": {"address": "room-a@example.com", "name": "Room A"},
            }
        ],
        "transactionId": "5b7c2c0e-1111-4a5e-9c0e-000000000001",
        "singleValueExtendedProperties": [{"id": MARKER, "value": "b-1"}],
    }
    assert stage.headers["content-type"] == "application/json"
    assert stage.headers["prefer"] == 'IdType="ImmutableId"'
    assert "if-match" not in stage.headers


async def test_a_change_is_bound_to_the_state_that_was_read(stage: Stage, tenant: Tenant) -> None:
    stage.answer(ONE, says(FULL_ANSWER | {"@odata.etag": "next"}))

    written = await tenant.change_event(MAILBOX, "e1", ETAG, EventChange(subject="Later"))

    assert (written.id, written.etag) == ("e1", "next")
    assert stage.methods == ["PATCH"]
    assert stage.headers["if-match"] == ETAG
    assert json.loads(stage.bodies[0]) == {"subject": "Later"}


async def test_a_cancellation_is_bound_to_the_state_that_was_read(
    stage: Stage, tenant: Tenant
) -> None:
    stage.answer(f"{ONE}/cancel", empty(202))

    await tenant.cancel_event(MAILBOX, "e1", ETAG, "Called off")

    assert stage.methods == ["POST"]
    assert stage.headers["if-match"] == ETAG
    assert json.loads(stage.bodies[0]) == {"comment": "Called off"}


async def test_a_deletion_is_bound_to_the_state_that_was_read(stage: Stage, tenant: Tenant) -> None:
    stage.answer(ONE, empty(204))

    await tenant.delete_event(MAILBOX, "e1", ETAG)

    assert stage.methods == ["DELETE"]
    assert stage.headers["if-match"] == ETAG
    assert stage.bodies == [b""]


async def test_declining_tells_the_organiser(stage: Stage, tenant: Tenant) -> None:
    stage.answer(f"{ONE}/decline", empty(202))

    await tenant.decline_event(MAILBOX, "e1", "The room is taken")

    assert stage.methods == ["POST"]
    assert json.loads(stage.bodies[0]) == {"comment": "The room is taken", "sendResponse": True}


async def test_an_event_id_stays_one_segment_of_the_path(stage: Stage, tenant: Tenant) -> None:
    stage.answer(f"{EVENTS}/AAMk+/=?#/cancel", empty(202))

    await tenant.cancel_event(MAILBOX, "AAMk+/=?#", ETAG, "")

    assert stage.queries == [""]


@pytest.mark.parametrize("status", [400, 409])
async def test_a_used_transaction_id_names_the_event_that_has_it(
    stage: Stage, tenant: Tenant, status: int
) -> None:
    stage.answer(EVENTS, duplicate(status, "e7"))

    with pytest.raises(Conflict) as caught:
        await tenant.create_event(MAILBOX, NEW)

    assert caught.value.existing_id == "e7"


@pytest.mark.parametrize(
    ("handler", "kind"),
    [
        (refuses(400, "ErrorInvalidRequest"), Rejected),
        (refuses(403, "ErrorAccessDenied"), Forbidden),
        (refuses(404, "ErrorInvalidUser"), NotFound),
        (refuses(404, "MailboxNotEnabledForRESTAPI"), MailboxUnsupported),
        (refuses(409, "ConcurrentItemSave"), Unavailable),
        (refuses(412, "ErrorIrresolvableConflict"), Unavailable),
        (refuses(429, "TooManyRequests", Retry_After="1"), Throttled),
        (refuses(503, "ConcurrentItemSave"), Unavailable),
    ],
)
async def test_a_refused_creation_says_what_to_do(
    stage: Stage, tenant: Tenant, handler: Handler, kind: type[Exception]
) -> None:
    stage.answer(EVENTS, handler)

    with pytest.raises(kind):
        await tenant.create_event(MAILBOX, NEW)

    assert stage.asked[EVENTS] == 1


@pytest.mark.parametrize("write", ["change", "cancel", "delete"])
@pytest.mark.parametrize(
    ("status", "code"),
    [
        (412, "ErrorIrresolvableConflict"),
        (409, "ErrorIrresolvableConflict"),
        (409, "ConcurrentItemSave"),
    ],
)
async def test_an_event_in_another_state_is_left_alone(
    stage: Stage, tenant: Tenant, write: str, status: int, code: str
) -> None:
    path, call = WRITES[write]
    stage.answer(path, refuses(status, code))

    with pytest.raises(Changed):
        await call(tenant)

    assert stage.asked[path] == 1


@pytest.mark.parametrize("write", ["change", "cancel", "decline"])
async def test_an_event_that_is_gone_is_not_found(stage: Stage, tenant: Tenant, write: str) -> None:
    path, call = WRITES[write]
    stage.answer(path, refuses(404, "ErrorItemNotFound"))

    with pytest.raises(NotFound):
        await call(tenant)


async def test_deleting_an_event_that_is_gone_is_done(stage: Stage, tenant: Tenant) -> None:
    stage.answer(ONE, refuses(404, "ErrorItemNotFound"))

    await tenant.delete_event(MAILBOX, "e1", ETAG)


@pytest.mark.parametrize(
    ("code", "kind"),
    [("ErrorInvalidUser", NotFound), ("MailboxNotEnabledForRESTAPI", MailboxUnsupported)],
)
async def test_deleting_from_a_missing_mailbox_is_not_done(
    stage: Stage, tenant: Tenant, code: str, kind: type[Exception]
) -> None:
    stage.answer(ONE, refuses(404, code))

    with pytest.raises(kind):
        await tenant.delete_event(MAILBOX, "e1", ETAG)


@pytest.mark.parametrize("write", ["cancel", "decline"])
async def test_the_wrong_copy_of_a_meeting_refuses(
    stage: Stage, tenant: Tenant, write: str
) -> None:
    path, call = WRITES[write]
    stage.answer(path, refuses(400, "ErrorInvalidRequest"))

    with pytest.raises(Rejected):
        await call(tenant)


@pytest.mark.parametrize("write", ["create", "delete"])
async def test_a_write_without_an_answer_in_time_is_not_made_again(
    stage: Stage, tenant: Tenant, monkeypatch: pytest.MonkeyPatch, write: str
) -> None:
    monkeypatch.setattr("graphclient.writing._WRITE_SECONDS", 0.5)
    path, call = WRITES[write]
    release = asyncio.Event()

    async def silent(_: web.Request) -> web.Response:
        await release.wait()
        return web.Response(status=500)

    stage.answer(ONE, says(event(1)), silent)
    stage.answer(path, silent)
    await tenant.event(MAILBOX, "e1")  # so that no handshake takes of the time
    stage.asked.clear()

    with pytest.raises(Unavailable):
        await call(tenant)

    assert stage.asked[path] == 1
    release.set()


@pytest.mark.parametrize("write", WRITES)
async def test_a_write_that_meets_trouble_is_not_made_again(
    stage: Stage, tenant: Tenant, write: str
) -> None:
    path, call = WRITES[write]
    stage.answer(path, refuses(503, "ErrorServerBusy", Retry_After="0"))

    with pytest.raises(Unavailable):
        await call(tenant)

    assert stage.asked[path] == 1


@pytest.mark.parametrize("write", ["create", "change", "cancel", "decline"])
async def test_a_write_whose_connection_breaks_is_not_made_again(
    stage: Stage, tenant: Tenant, write: str
) -> None:
    path, call = WRITES[write]

    async def hang_up(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    stage.answer(ONE, says(event(1)), hang_up)
    stage.answer(path, hang_up)
    await tenant.event(MAILBOX, "e1")  # the connection is now one that was used before
    stage.asked.clear()

    with pytest.raises(Unavailable):
        await call(tenant)

    assert stage.asked[path] == 1


async def test_a_write_whose_token_was_refused_is_made_once_more_with_a_new_one(
    stage: Stage, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphclient.auth._JUST_ISSUED_SECONDS", 0.0)
    stage.answer(EVENTS, refuses(401, "InvalidAuthenticationToken"), says(FULL_ANSWER, 201))

    assert (await tenant.create_event(MAILBOX, NEW)).id == "e1"
    assert stage.asked[TOKENS] == 2
    assert stage.bodies[0] == stage.bodies[1]


async def test_a_write_whose_new_token_is_refused_as_well_is_given_up(
    stage: Stage, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphclient.auth._JUST_ISSUED_SECONDS", 0.0)
    stage.answer(EVENTS, refuses(401, "InvalidAuthenticationToken"))

    with pytest.raises(Forbidden):
        await tenant.create_event(MAILBOX, NEW)

    assert stage.asked[EVENTS] == 2


async def test_nothing_of_an_answer_but_identity_is_kept_or_logged(
    stage: Stage, tenant: Tenant, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stage.answer(EVENTS, says(FULL_ANSWER, 201))
    stage.answer(ONE, says(FULL_ANSWER))

    made = await tenant.create_event(MAILBOX, NEW)
    changed = await tenant.change_event(MAILBOX, "e1", ETAG, LATER)

    assert made.__struct_fields__ == ("id", "etag", "ical_uid")
    assert CANARY not in repr((made, changed)) + caplog.text
    assert NEW.subject not in caplog.text


@pytest.mark.parametrize(
    "answer", [{}, [], FULL_ANSWER | {"id": 5}, FULL_ANSWER | {"@odata.etag": None}]
)
async def test_an_answer_that_cannot_be_read_is_malformed_and_shows_no_content(
    stage: Stage, tenant: Tenant, answer: object
) -> None:
    stage.answer(EVENTS, says(answer, 201))

    with pytest.raises(Malformed) as caught:
        await tenant.create_event(MAILBOX, NEW)

    assert CANARY not in "".join(traceback.format_exception(caught.value))


async def test_a_creation_answered_without_ical_uid_is_a_creation(
    stage: Stage, tenant: Tenant
) -> None:
    stage.answer(EVENTS, says({"id": "e1", "@odata.etag": ETAG}, 201))

    assert (await tenant.create_event(MAILBOX, replace(NEW, room=None))).ical_uid is None


async def test_marked_events_are_found_in_all_pages_with_the_one_select(
    stage: Stage, tenant: Tenant
) -> None:
    path = "/v1.0/users/anna@x.test/events"
    stage.answer(
        path,
        says({"value": [event(1)], "@odata.nextLink": f"{stage.url}{path}?$skip=1"}),
        says({"value": [event(1), event(2)]}),
    )

    found = await tenant.marked_events("anna@x.test", "b'1' or 1 eq 1")

    assert [each.id for each in found] == ["e1", "e2"]
    query = dict(pair.split("=", 1) for pair in stage.queries[0].split("&"))
    assert query["$filter"] == (
        "singleValueExtendedProperties/Any(ep: ep/id eq "
        "'String {889eed62-3ae0-48cc-a6a4-a3ffc961e949} Name clearoomsBooking'"
        " and ep/value eq 'b''1'' or 1 eq 1')"
    )
    assert query["$select"] == EVENT_SELECT


async def test_the_marker_of_one_event_is_asked_for_and_nothing_of_its_content(
    stage: Stage, tenant: Tenant
) -> None:
    marked = {
        "id": "e1",
        "@odata.etag": ETAG,
        "responseStatus": {"response": "organizer"},
        "singleValueExtendedProperties": [
            {"id": "String {00000000-0000-0000-0000-000000000000} Name other", "value": "no"},
            {"id": MARKER.upper(), "value": "b-1"},
        ],
    }
    stage.answer(ONE, says(marked), says({"id": "e1", "responseStatus": {"response": "accepted"}}))

    first = await tenant.marking(MAILBOX, "e1")
    second = await tenant.marking(MAILBOX, "e1")

    assert (first.value(MARKER), first.organized_here) == ("b-1", True)
    assert (second.value(MARKER), second.organized_here) == (None, False)
    query = dict(pair.split("=", 1) for pair in stage.queries[0].split("&"))
    assert {name: unquote(value) for name, value in query.items()} == {
        "$select": "responseStatus",
        "$expand": f"singleValueExtendedProperties($filter=id eq '{MARKER}')",
    }


async def test_the_marker_of_an_event_that_is_gone_is_not_found(
    stage: Stage, tenant: Tenant
) -> None:
    stage.answer(ONE, refuses(404, "ErrorItemNotFound"))
    with pytest.raises(NotFound):
        await tenant.marking(MAILBOX, "e1")
