"""One plausible message of each type, as the documents show them."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from . import commands, events

ORGANISATION: Final = UUID("0d9f3a52-6c1b-4f7e-8a34-5b2f9d1c7e60")
ROOM: Final = UUID("3f8e2b14-97a5-4c0d-b1e6-7c4a8d2f5b91")
OTHER_ROOM: Final = UUID("a6b1c8d3-2e4f-4a59-9c70-18f5e3d7b246")
BOOKING: Final = UUID("7b2c9e05-d4f1-5836-a90b-c3e8f1a2d457")
SERIES: Final = UUID("e1f4a7b0-53c2-5d68-8f91-0b6d2c9a7e34")
MESSAGE: Final = UUID("c2a5e8f1-7d34-4b60-9e1f-a8b3d6c90f52")
PLATFORM: Final = "/clearooms/platform"
NOW: Final = datetime(2026, 11, 23, 9, 12, 45, tzinfo=UTC)
START: Final = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
END: Final = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)

COMMANDS: Final[dict[str, commands.Command]] = {
    "com.clearooms.command.book.v1": commands.Book(
        booking_id=BOOKING,
        room_id=ROOM,
        sequence=1,
        start=START,
        end=END,
        time_zone="Europe/Berlin",
        subject="Design review",
        organizer=commands.Person(name="Mara Lindt", email="mara.lindt@example.com"),
        recurrence="FREQ=WEEKLY;BYDAY=TU;COUNT=8",
        not_after=datetime(2026, 11, 23, 9, 17, 45, tzinfo=UTC),
    ),
    "com.clearooms.command.change.v1": commands.Change(
        booking_id=BOOKING, sequence=2, base_version=41, start=START, end=END, scope="this"
    ),
    "com.clearooms.command.cancel.v1": commands.Cancel(
        booking_id=BOOKING, sequence=3, base_version=42, reason="The guest is ill", scope="series"
    ),
    "com.clearooms.command.resync.v1": commands.Resync(room_id=ROOM),
}

BOOKED: Final = events.Booking(
    id=BOOKING,
    room_id=ROOM,
    start=START,
    end=END,
    all_day=False,
    time_zone="Europe/Berlin",
    subject="Design review",
    organizer=events.Organizer(name="Mara Lindt", email="mara.lindt@example.com"),
    status="confirmed",
    origin="outlook",
    series_id=SERIES,
    original_start=START,
    version=42,
)
ACCEPTED: Final = events.CommandResult(
    command_id=str(MESSAGE),
    command_source=PLATFORM,
    outcome="accepted",
    booking_id=BOOKING,
    room_id=ROOM,
    version=42,
)
REJECTED: Final = events.CommandResult(
    command_id=str(MESSAGE),
    command_source=PLATFORM,
    outcome="rejected",
    booking_id=BOOKING,
    room_id=ROOM,
    reason="overlap",
    text="The room is taken from 14:00 to 15:00.",
    alternatives=(events.Alternative(room_id=OTHER_ROOM, start=START, end=END),),
)


def command_bodies() -> dict[str, bytes]:
    """An encoded command per type."""
    return {
        name: commands.encode_command(
            command,
            organisation_id=ORGANISATION,
            source=PLATFORM,
            time=NOW,
            message_id=str(MESSAGE),
        )
        for name, command in COMMANDS.items()
    }


def event_messages() -> dict[str, events.Message]:
    """A routing key and an encoded body per type of outgoing message."""
    unreachable = events.RoomUnreachable(
        room_id=ROOM, reason="mailbox_gone", text="Exchange does not know this mailbox."
    )
    failing = events.IntegrationFailing(
        code="invalid_client", text="The client secret is not accepted.", since=NOW
    )
    expiring = events.IntegrationSecretExpiring(
        expires_at=datetime(2026, 12, 23, tzinfo=UTC), days=30
    )
    return {
        events.BOOKING_TYPE: events.booking_event(
            BOOKED, organisation_id=ORGANISATION, version=42, time=NOW
        ),
        "com.clearooms.command.accepted.v1": events.command_result_event(
            ACCEPTED, organisation_id=ORGANISATION, time=NOW, id=MESSAGE
        ),
        "com.clearooms.command.rejected.v1": events.command_result_event(
            REJECTED, organisation_id=ORGANISATION, time=NOW, id=MESSAGE
        ),
        "com.clearooms.room.synced.v1": events.room_event(
            events.RoomSynced(room_id=ROOM, bookings=37),
            organisation_id=ORGANISATION,
            time=NOW,
            id=MESSAGE,
        ),
        "com.clearooms.room.unreachable.v1": events.room_event(
            unreachable, organisation_id=ORGANISATION, time=NOW, id=MESSAGE
        ),
        "com.clearooms.integration.ok.v1": events.integration_event(
            events.IntegrationOk(), organisation_id=ORGANISATION, time=NOW, id=MESSAGE
        ),
        "com.clearooms.integration.failing.v1": events.integration_event(
            failing, organisation_id=ORGANISATION, time=NOW, id=MESSAGE
        ),
        "com.clearooms.integration.secret_expiring.v1": events.integration_event(
            expiring, organisation_id=ORGANISATION, time=NOW, id=MESSAGE
        ),
    }
