"""People with intentions: they book, move, rename, copy and cancel, in Outlook and on the platform."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from contracts.events import Booking
from contracts.identity import booking_id_of_event
from graphsim.wire import Refused
from graphsim.zones import to_wall

from .broker import Broker
from .cloud import Cloud
from .journal import Journal
from .ledger import Affair, Edit, Ledger, Organiser, Side, When, tag_of
from .office import Office
from .orders import Orders
from .platform import Platform, shown_at
from .series import SeriesPeople
from .slots import Slots
from .switches import Switches

GUEST = ("gail@guests.test", "Gail Guest")


class People:
    """Everybody of all organisations; everything they want is written into the ledger."""

    def __init__(
        self,
        offices: list[Office],
        cloud: Cloud,
        platform: Platform,
        broker: Broker,
        ledger: Ledger,
        journal: Journal,
        clock: Callable[[], datetime],
        random: Random,
        switches: Switches,
    ) -> None:
        self._offices = offices
        self._cloud = cloud
        self._platform = platform
        self._ledger = ledger
        self._journal = journal
        self._random = random
        self._switches = switches
        self._meddles = 5 if switches.adversary else 0
        self._first_day = clock().replace(hour=0, minute=0, second=0, microsecond=0)
        self._orders = Orders(platform, broker, offices, clock, random, switches.impatience)
        self._series = SeriesPeople(cloud, platform, self._orders, journal, random, switches.zone)
        self._slots = Slots(ledger, self._first_day, switches.zone, random, switches.contention)

    async def live(self, edits: int, seconds: float) -> None:
        """So many intentions within so many seconds."""
        moments = sorted(self._random.uniform(0, seconds) for _ in range(edits))
        loop = asyncio.get_running_loop()
        begun = loop.time()
        for moment in moments:
            await asyncio.sleep(max(0.0, begun + moment - loop.time()))
            await self._intend()

    async def _intend(self) -> None:
        affairs = [
            each for each in self._ledger.affairs if not self._ledger.gone(each.organisation)
        ]
        if len(affairs) < 3 or self._random.random() < 0.4:
            await self._book()
            return
        if self._switches.regret and await self._regret(affairs):
            return
        affair = self._random.choice(affairs)
        action = self._random.choices(
            (
                self._move,
                self._rename,
                self._cancel,
                self._copy,
                self._order_too,
                self._change_room,
            ),
            (4, 3, 3, 1, 3 * self._switches.orders_too, 3 * self._switches.changes_rooms),
        )[0]
        side: Side = self._random.choice(("outlook", "platform"))
        if affair.meetings:
            masters = await self._masters_of(affair) if side == "outlook" else []
            done = await self._series.edit(affair, side, masters)
        else:
            done = await action(affair, side)
        if not done:
            await self._book()

    async def _regret(self, affairs: list[Affair]) -> bool:
        """Cancel in Outlook what was booked on the platform and has no news there yet; whether there was such a thing."""
        if self._random.random() >= self._switches.regret:
            return False
        for affair in reversed(affairs):
            unheard = affair.side == "platform" and self._known(affair) is None
            if unheard and not affair.meetings and await self._cancel(affair, "outlook"):
                return True
        return False

    def _here(self) -> list[Office]:
        return [each for each in self._offices if not self._ledger.gone(each.number)]

    async def _book(self, like: Affair | None = None) -> None:
        random = self._random
        office = self._offices[like.organisation] if like else random.choice(self._here())
        room_id = like.room_id if like else random.choice(list(office.rooms))
        kind: Organiser = like.organiser if like else random.choice(self._switches.organisers)
        side: Side = random.choice(("outlook", "platform"))
        address, name = self._who(office, room_id, kind, like)
        all_day = like.all_day if like else random.random() < self._switches.whole_days
        repeats = not like and self._repeats(kind, all_day=all_day)
        asked_on: Side = "outlook" if repeats else side
        when = self._slots.draw(room_id, address, side, asked_on=asked_on, all_day=all_day)
        tag = f"B{len(self._ledger.affairs)}"
        room = (room_id, office.rooms[room_id])
        edit = Edit(self._journal.now(), side, name, when, f"{tag} v0", room=room)
        affair = Affair(
            tag, office.number, room_id, office.rooms[room_id], side, kind, address, name, [edit],
            all_day=all_day, zone=self._zone(side, all_day=all_day),
        )  # fmt: skip
        self._ledger.affairs.append(affair)
        self._journal.note(
            name,
            f"books {tag} on {side} as {kind} in {room_id} {when.start:%d %H:%M}-{when.end:%H:%M}",
        )
        if repeats:
            await self._series.book(affair, side)
            return
        if side == "outlook":
            await self._book_in_outlook(affair, when)
            return
        affair.booking_id = UUID(int=random.getrandbits(128), version=4)
        self._orders.book(affair, edit, affair.booking_id)
        if self._switches.hasty and random.random() < self._switches.hasty:
            self._think_better(affair, affair.booking_id)

    def _zone(self, side: Side, *, all_day: bool) -> str:
        """Of what is booked: in some worlds Outlook's whole days are those of UTC, the platform's are the room's."""
        in_utc = all_day and side == "outlook" and not self._switches.all_day_series
        return "UTC" if in_utc else self._switches.zone

    def _repeats(self, kind: Organiser, *, all_day: bool) -> bool:
        """Whether this booking is a series."""
        switches = self._switches
        if kind == "member" and not all_day:
            return self._random.random() < switches.series
        share = 0.0 if all_day and kind != "member" else switches.guest_series
        share = switches.all_day_series if all_day and kind == "member" else share
        return share > 0 and self._random.random() < share

    def _think_better(self, affair: Affair, booking_id: UUID) -> None:
        """Cancel what was asked for a moment ago: whoever chose its id need not wait for news of it."""
        edit = Edit(self._journal.now(), "platform", affair.name, cancels=True)
        self._journal.note(affair.name, f"thinks better of {affair.tag}")
        self._orders.edit(affair, edit, booking_id, 0)
        affair.edits.append(edit)

    async def _book_in_outlook(self, affair: Affair, when: When) -> None:
        body: dict[str, Any] = {
            "subject": affair.booked.subject,
            "time_zone": affair.zone,
            "all_day": affair.all_day,
            **_walls(when, "UTC" if affair.all_day else affair.zone),
        }
        if affair.organiser != "room":
            body |= {"organizer": affair.address, "organizer_name": affair.name}
        made = await self._cloud.control("POST", f"mailboxes/{affair.mailbox}/meetings", body)
        affair.event_id = str(made["event_id"])
        affair.booking_id = booking_id_of_event(affair.room_id, affair.event_id)
        event = self._cloud.event(affair.mailbox, affair.event_id)
        affair.uid = event.ical_uid if event else None
        self._journal.note("outlook", f"made {affair.tag} {affair.event_id} {affair.booking_id}")

    async def _copy(self, affair: Affair, _: Side) -> bool:
        await self._book(affair)
        return True

    async def _move(self, affair: Affair, side: Side) -> bool:
        when = self._slots.draw(
            affair.room_id, affair.address, affair.side, asked_on=side, all_day=affair.all_day
        )
        return await self._edit(affair, Edit(self._journal.now(), side, affair.name, when=when))

    async def _rename(self, affair: Affair, side: Side) -> bool:
        subject = f"{affair.tag} v{len(affair.edits)}"
        return await self._edit(
            affair, Edit(self._journal.now(), side, affair.name, subject=subject)
        )

    async def _cancel(self, affair: Affair, side: Side) -> bool:
        return await self._edit(affair, Edit(self._journal.now(), side, affair.name, cancels=True))

    async def _order_too(self, affair: Affair, _: Side) -> bool:
        """On the platform somebody asks for what both sides show already: it is one booking, under the new id."""
        known, when = self._known(affair), affair.last_wanted()
        if affair.side == "platform" or affair.commanded or known is None:
            return False
        if any(each.cancels for each in affair.edits):
            return False  # gone from one side already, whatever the other one still shows
        if known.status != "confirmed" or (known.start, known.end) != (when.start, when.end):
            return False
        subject = next(each.subject for each in reversed(affair.edits) if each.subject)
        if affair.organiser == "room" and known.subject != subject:
            return False  # renamed in Outlook: the platform does not show it so far
        edit = Edit(self._journal.now(), "platform", affair.name, when, subject)
        affair.ordered = UUID(int=self._random.getrandbits(128), version=4)
        self._journal.note(affair.name, f"orders {affair.tag} too, as {affair.ordered}")
        self._orders.book(affair, edit, affair.ordered)
        affair.edits.append(edit)
        return True

    async def _change_room(self, affair: Affair, _: Side) -> bool:
        """On the platform somebody wants another room at the same time."""
        rooms = self._offices[affair.organisation].rooms
        others = [each for each in rooms if each != affair.room_id]
        if not others or not affair.ours or affair.organiser == "room":
            return False
        target = self._random.choice(others)
        if self._slots.theirs(target, affair.address, affair.side):
            return False
        where = (target, rooms[target])
        return await self._edit(
            affair, Edit(self._journal.now(), "platform", affair.name, room=where)
        )

    async def _edit(self, affair: Affair, edit: Edit) -> bool:
        self._platform.identify([affair])
        undecided = (affair.asking, *(each for each in affair.edits[1:] if each.room))
        if any(each and each.command_id not in self._platform.results for each in undecided):
            return False
        if any(each.cancels and each.side == edit.side for each in affair.edits):
            return False
        if edit.side == "outlook":
            copies = await self.copies_of(affair)
            if edit.cancels and copies:
                await self._cancel_twins(affair, copies)
            return bool(copies) and await self.edit_in_outlook(affair, edit, copies[0])
        known = self._known(affair)
        if known is None or known.status == "cancelled" or edit.when == shown_at(known):
            return False
        self._journal.note(edit.who, f"edits {affair.tag} on platform {_told(edit)}")
        affair.edits.append(edit)
        affair.booking_id = known.id
        self._orders.edit(affair, edit, known.id, known.version)
        return True

    async def _cancel_twins(self, affair: Affair, copies: list[str]) -> None:
        """Whoever sees it twice wants neither; in their own calendar stands what the room has declined, too."""
        twins = [_path(affair, each) for each in copies[1:]]
        own = self._offices[affair.organisation].members.get(affair.address)
        first = self._cloud.event(affair.mailbox, copies[0])
        if own is not None and first is not None:
            twins += [
                f"mailboxes/{own[0]}/meetings/{row['event_id']}"
                for row in await self.calendar(own[0])
                if tag_of(_subject(row)) == affair.tag
                and row["ical_uid"] != first.ical_uid
                and not row["is_cancelled"]
            ]
        for twin in twins:
            with suppress(Refused):  # we were faster, or it went with the room's copy
                await self._cloud.control("DELETE", twin)

    def rest(self) -> None:
        """From now on nobody wants anything."""
        self._meddles = 0

    async def meddle(self, affair: Affair) -> None:
        """Edit it in Outlook this very moment, now and then: somebody's write is about to arrive."""
        if self._meddles <= 0 or self._random.random() < 0.5:
            return
        if affair.meetings:
            return
        self._meddles -= 1
        self._journal.fault("meddled", what=affair.tag)
        action = self._random.choices((self._move, self._rename, self._cancel), (4, 4, 1))[0]
        await action(affair, "outlook")

    async def edit_in_outlook(self, affair: Affair, edit: Edit, event_id: str) -> bool:
        """Do it there; whether there was anything to do it to."""
        path = _path(affair, event_id)
        try:
            if edit.cancels:
                await self._cloud.control("DELETE", path)
            else:
                stored = self._cloud.event(affair.mailbox, event_id)
                zone = stored.zone if stored and not affair.all_day else "UTC"
                body: dict[str, Any] = _walls(edit.when, zone) if edit.when else {}
                if edit.subject is not None:
                    body["subject"] = edit.subject
                await self._cloud.control("PATCH", path, body)
        except Refused:
            return False
        affair.edits.append(edit)
        self._journal.note(
            edit.who, f"edits {affair.tag} in outlook {_told(edit)} {affair.booking_id}"
        )
        return True

    async def event_of(self, affair: Affair) -> str | None:
        """The room's copy of it."""
        return next(iter(await self.copies_of(affair)), None)

    async def copies_of(self, affair: Affair) -> list[str]:
        """The room's copies of it, twins too, the one first that somebody finds who looks where they put it last."""
        rows = [
            row
            for row in await self.calendar(affair.mailbox)
            if not row["is_cancelled"]
            and (row["event_id"] == affair.event_id or affair.tag == tag_of(_subject(row)))
        ]
        sought = affair.last_wanted().start

        def away(row: dict[str, Any]) -> timedelta:
            return abs(datetime.fromisoformat(row["start"]) - sought)

        return [str(row["event_id"]) for row in sorted(rows, key=away)]

    async def _masters_of(self, affair: Affair) -> list[str]:
        """The room's copies of a series, twins too."""
        return list(
            dict.fromkeys(
                str(row["series_master_id"])
                for row in await self.calendar(affair.mailbox)
                if row["series_master_id"]
                and (
                    row["series_master_id"] == affair.event_id
                    or affair.tag == tag_of(_subject(row))
                )
            )
        )

    async def calendar(self, mailbox: UUID) -> list[dict[str, Any]]:
        """What Outlook shows of a mailbox over all days in use."""
        until = self._first_day + timedelta(days=60)
        span = f"?from={self._first_day:%Y-%m-%dT%H:%M:%SZ}&to={until:%Y-%m-%dT%H:%M:%SZ}"
        listed = await self._cloud.control("GET", f"mailboxes/{mailbox}/meetings{span}")
        return list(listed["items"])

    def _who(
        self, office: Office, room_id: UUID, kind: Organiser, like: Affair | None
    ) -> tuple[str, str]:
        if like is not None:
            return like.address, like.name
        if kind == "guest":
            return GUEST
        if kind == "room":
            return office.addresses[room_id], "Room"
        address = self._random.choice(list(office.members)[: self._switches.people])
        return address, office.members[address][1]

    def _known(self, affair: Affair) -> Booking | None:
        self._platform.identify([affair])
        if affair.booking_id is None:
            return None
        return self._platform.newest.get((affair.room_id, affair.booking_id))


def _path(affair: Affair, event_id: str) -> str:
    return f"mailboxes/{affair.mailbox}/meetings/{event_id}"


def _walls(when: When, zone: str) -> dict[str, str]:
    start, end = to_wall(when.start, zone), to_wall(when.end, zone)
    return {"start": f"{start:%Y-%m-%dT%H:%M:%S}", "end": f"{end:%Y-%m-%dT%H:%M:%S}"}


def _subject(row: dict[str, Any]) -> str:
    return str(row["organizer_subject"] or row["subject"])


def _told(edit: Edit) -> str:
    if edit.cancels:
        return "cancel"
    if edit.room:
        return f"to {edit.room[0]}"
    return edit.subject or (
        f"{edit.when.start:%d %H:%M}-{edit.when.end:%H:%M}" if edit.when else ""
    )
