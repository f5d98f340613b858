"""graph-calendar §1.1, §2.2 to §2.8, §7.4 as O365 sees them, the client that most Python programs use."""

import asyncio
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msal
import pytest
import requests
from O365 import Account, Connection, MSGraphProtocol  # type: ignore[import-untyped]  # no types
from O365.utils.token import MemoryTokenBackend  # type: ignore[import-untyped]  # as above

from .graphsim_cloud import ANN, CLIENT, IMMUTABLE, ROOM, SECRET, TENANT, Cloud, running_cloud

T = TypeVar("T")
SCOPE = "https://graph.microsoft.com/.default"


def _account(cloud: Cloud, mailbox: object, http: requests.Session, secret: str = SECRET) -> Any:
    """An account of the app, pointed here as the maintainer says for other clouds (python-o365#403)."""
    origin, ca_file = cloud.address.origin, str(cloud.address.ca_file)

    class LoopbackProtocol(MSGraphProtocol):  # type: ignore[misc]  # O365 ships no types
        _protocol_url = f"{origin}/"

    class LoopbackConnection(Connection):  # type: ignore[misc]  # as above
        @property
        def msal_client(self) -> Any:
            client, held = self.auth
            return msal.ConfidentialClientApplication(
                client,
                client_credential=held,
                authority=f"{origin}/{self.tenant_id}",
                instance_discovery=False,
                http_client=http,
                token_cache=self.token_backend,
            )

    class LoopbackAccount(Account):  # type: ignore[misc]  # as above
        connection_constructor = LoopbackConnection

    return LoopbackAccount(
        (str(CLIENT), secret),
        protocol=LoopbackProtocol(default_resource=f"users/{mailbox}", timezone="UTC"),
        auth_flow_type="credentials",
        tenant_id=str(TENANT),
        token_backend=MemoryTokenBackend(),
        verify_ssl=ca_file,
        request_retries=0,
        # O365 puts ids into paths as they are; regular ones may hold a slash (§1.2).
        default_headers={"Prefer": IMMUTABLE},
    )


async def _as(cloud: Cloud, mailbox: object, work: Callable[[Any], T]) -> T:
    """What `work` makes of the schedule of a mailbox, in a thread: O365 blocks."""

    def run() -> T:
        with requests.Session() as http:
            http.trust_env, http.verify = False, str(cloud.address.ca_file)
            account = _account(cloud, mailbox, http)
            assert account.authenticate(requested_scopes=[SCOPE])
        account.con.session = account.con.get_session(load_token=True)
        try:
            assert account.is_authenticated
            account.con.session.trust_env = False  # a REQUESTS_CA_BUNDLE would win
            return work(account.schedule())
        finally:
            account.con.session.close()

    return await asyncio.to_thread(run)


def _noon(days: int = 1) -> datetime:
    start = datetime.now(ZoneInfo("UTC")).replace(hour=12, minute=0, second=0, microsecond=0)
    return start + timedelta(days=days)


def _window(schedule: Any, days: int) -> list[Any]:
    return list(schedule.get_events(limit=100, start_recurring=_noon(0), end_recurring=_noon(days)))


async def test_o365_books_reads_moves_and_deletes_in_a_schedule_2_5(tmp_path: Path) -> None:
    def work(schedule: Any) -> None:
        event = schedule.new_event(subject="Plans")
        event.start, event.end = _noon(), _noon() + timedelta(hours=1)
        event.attendees.add(("Room", "room@x.example"))
        assert event.save()
        event.subject = "Other plans"
        event.start, event.end = _noon(2), _noon(2) + timedelta(hours=1)
        assert event.save()
        (seen,) = _window(schedule, 4)
        assert (seen.subject, seen.start) == ("Other plans", _noon(2))
        assert seen.object_id == event.object_id
        assert schedule.get_default_calendar().name == "Calendar"

    async with running_cloud(tmp_path) as cloud:
        await _as(cloud, ANN, work)
        assert [one["start"][:10] for one in await cloud.rows(ROOM)] == [
            _noon(2).date().isoformat()
        ]

        def delete(schedule: Any) -> None:
            (seen,) = _window(schedule, 4)
            assert seen.delete()
            assert _window(schedule, 4) == []

        await _as(cloud, ANN, delete)


async def test_o365_books_a_series_and_sees_its_days_2_7(tmp_path: Path) -> None:
    def work(schedule: Any) -> list[date]:
        event = schedule.new_event(subject="Daily")
        event.start, event.end = _noon(), _noon() + timedelta(hours=1)
        event.recurrence.set_daily(1, start=_noon().date(), occurrences=4)
        assert event.save()
        days = [one.start.date() for one in _window(schedule, 10)]
        (master,) = schedule.get_events(include_recurring=False)
        assert master.recurrence.occurrences == 4
        assert days == [one.start.date() for one in master.get_occurrences(_noon(0), _noon(10))]
        assert {one.event_type.value for one in _window(schedule, 10)} == {"occurrence"}
        return days

    async with running_cloud(tmp_path) as cloud:
        days = await _as(cloud, ROOM, work)
        assert days == [_noon(number).date() for number in range(1, 5)]


async def test_o365_pages_through_more_events_than_a_page_holds_1_1(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud:
        for hours in range(1, 13):
            await cloud.create(ROOM, hours)

        def work(schedule: Any) -> int:
            found = schedule.get_events(
                limit=100, batch=5, start_recurring=_noon(-1), end_recurring=_noon(3)
            )
            return len(list(found))

        assert await _as(cloud, ROOM, work) == 12


async def test_o365_raises_graphs_errors_with_their_message_2_8(tmp_path: Path) -> None:
    def refused(schedule: Any) -> tuple[int, str]:
        # Not pytest.raises: an error that is kept keeps its connection open.
        try:
            schedule.get_default_calendar()
        except requests.HTTPError as error:
            return error.response.status_code, str(error)
        raise AssertionError("O365 raised nothing")

    async with running_cloud(tmp_path) as cloud:
        status, text = await _as(cloud, "nobody@x.example", refused)
        assert status == 404
        assert "The requested user 'nobody@x.example' is invalid." in text
        await cloud.call("POST", "/_sim/faults", {"match": {"path": "/calendar"}, "status": 500})
        status, text = await _as(cloud, ROOM, refused)
        assert (status, "A simulated fault." in text) == (500, True)
        assert [one["fired"] for one in (await cloud.report())["faults"]] == [1]


async def test_o365_says_why_a_sign_in_was_refused_7_4(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running_cloud(tmp_path) as cloud:

        def refused() -> bool:
            with requests.Session() as http:
                http.trust_env, http.verify = False, str(cloud.address.ca_file)
                account = _account(cloud, ROOM, http, "wrong~")
                return bool(account.authenticate(requested_scopes=[SCOPE]))

        assert not await asyncio.to_thread(refused)
        assert "Error: invalid_client | Description: AADSTS7000215: " in caplog.text
