"""graph-calendar §1.1, §2, §3, graph-notifications §2, §7 as Microsoft's own SDK sees them, unmodified, over HTTPS with the simulator's CA."""

import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from azure.identity.aio import ClientSecretCredential
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from msgraph.generated.models.attendee import Attendee
from msgraph.generated.models.attendee_type import AttendeeType
from msgraph.generated.models.date_time_time_zone import DateTimeTimeZone
from msgraph.generated.models.email_address import EmailAddress
from msgraph.generated.models.event import Event
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.response_type import ResponseType
from msgraph.generated.models.subscription import Subscription
from msgraph.generated.users.item.events.item.cancel.cancel_post_request_body import (
    CancelPostRequestBody,
)
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_service_client import GraphServiceClient
from msgraph_core import GraphClientFactory  # type: ignore[import-untyped]  # ships no types

from .graphsim_cloud import ANN, CLIENT, ROOM, SECRET, TENANT, Cloud, running_cloud, running_hook

with warnings.catch_warnings():
    # The SDK's own import of a class that its core has deprecated.
    warnings.simplefilter("ignore", DeprecationWarning)
    from msgraph.generated.users.item.calendar_view.calendar_view_request_builder import (
        CalendarViewRequestBuilder,
    )

# The SDK defines classes that it calls deprecated itself, each when it is first used.
pytestmark = pytest.mark.filterwarnings("ignore:(This class|GetQuery):DeprecationWarning")

ViewQuery = CalendarViewRequestBuilder.CalendarViewRequestBuilderGetQueryParameters


@asynccontextmanager
async def _graph(cloud: Cloud) -> AsyncIterator[GraphServiceClient]:
    ca_file = str(cloud.address.ca_file)
    async with (
        ClientSecretCredential(
            str(TENANT),
            str(CLIENT),
            SECRET,
            authority=cloud.address.origin,
            disable_instance_discovery=True,
            connection_verify=ca_file,
        ) as credential,
        # Closed here, for the SDK's own transport does not close the one it wraps.
        httpx.AsyncHTTPTransport(verify=ssl.create_default_context(cafile=ca_file)) as wire,
        GraphClientFactory.create_with_default_middleware(
            client=httpx.AsyncClient(transport=wire)
        ) as http,
    ):
        signs = AzureIdentityAuthenticationProvider(
            credential,
            scopes=["https://graph.microsoft.com/.default"],
            allowed_hosts=[cloud.address.host],
        )
        adapter = GraphRequestAdapter(signs, client=http)
        adapter.base_url = f"{cloud.address.origin}/v1.0"
        yield GraphServiceClient(request_adapter=adapter)


def _moment(hours: float) -> DateTimeTimeZone:
    when = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=hours)
    return DateTimeTimeZone(date_time=when.strftime("%Y-%m-%dT%H:%M:%S"), time_zone="UTC")


def _event(hours: float, *, invited: bool = False) -> Event:
    room = Attendee(
        type=AttendeeType.Resource,
        email_address=EmailAddress(name="Room", address="room@x.example"),
    )
    return Event(
        subject="Secret plans",
        start=_moment(hours),
        end=_moment(hours + 0.5),
        attendees=[room] if invited else None,
    )


async def test_the_sdk_lists_rooms_and_pages_through_a_calendar_view_1_1_3(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, _graph(cloud) as graph:
        rooms = await graph.places.graph_room.get()
        assert rooms is not None
        assert [(one.display_name, one.email_address) for one in rooms.value or ()] == [
            ("Room", "room@x.example")
        ]
        for hours in (2, 3, 4):
            await cloud.create(ROOM, hours)
        now = datetime.now(UTC)
        asked = RequestConfiguration(
            query_parameters=ViewQuery(
                start_date_time=now.isoformat(),
                end_date_time=(now + timedelta(days=1)).isoformat(),
                select=["subject", "start", "end"],
                top=2,
            )
        )
        view = graph.users.by_user_id(str(ROOM)).calendar_view
        page = await view.get(request_configuration=asked)
        assert page is not None
        assert page.odata_next_link is not None
        rest = await view.with_url(page.odata_next_link).get()
        assert rest is not None
        found = [*(page.value or ()), *(rest.value or ())]
        assert [one.subject for one in found] == ["Secret plans"] * 3
        assert (len(page.value or ()), rest.odata_next_link) == (2, None)


async def test_the_sdk_books_a_room_moves_and_cancels_the_meeting_2_5(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, _graph(cloud) as graph:
        events = graph.users.by_user_id(str(ANN)).events
        made = await events.post(_event(2, invited=True))
        assert made is not None
        assert made.id is not None
        one = events.by_event_id(made.id)
        cloud.attend()
        moved = await one.patch(Event(start=_moment(5), end=_moment(6)))
        assert moved is not None
        cloud.attend()
        seen = await one.get()
        assert seen is not None
        assert seen.attendees is not None
        assert seen.attendees[0].status is not None
        assert seen.attendees[0].status.response is ResponseType.Accepted
        assert len(await cloud.rows(ROOM)) == 1
        await one.cancel.post(CancelPostRequestBody(comment="off"))
        with pytest.raises(ODataError) as gone:
            await one.get()
        assert gone.value.response_status_code == 404
        assert gone.value.error is not None
        assert gone.value.error.code == "ErrorItemNotFound"


async def test_the_sdk_subscribes_renews_and_unsubscribes_7(tmp_path: Path) -> None:
    async with running_cloud(tmp_path) as cloud, _graph(cloud) as graph, running_hook() as hook:
        until = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=10)
        made = await graph.subscriptions.post(
            Subscription(
                change_type="created,updated,deleted",
                notification_url=hook.url,
                resource=f"users/{ROOM}/events",
                expiration_date_time=until,
                client_state="k3y",
            )
        )
        assert made is not None
        assert (hook.challenges, made.expiration_date_time) == (1, until)
        one = graph.subscriptions.by_subscription_id(str(made.id))
        later = until + timedelta(hours=1)
        renewed = await one.patch(Subscription(expiration_date_time=later))
        assert renewed is not None
        assert renewed.expiration_date_time == later
        await cloud.create(ROOM)
        await hook.until(1)
        await one.delete()
        listed = await graph.subscriptions.get()
        assert listed is not None
        assert listed.value == []
