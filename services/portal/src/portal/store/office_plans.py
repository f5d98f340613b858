"""Plans of offices: their icons and pictures."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import asyncpg

from pgstore import Connection, Database

from ..domain.office_plan import Drawing, OfficePlan, PlacedIcon, PlanChange, PlanPicture, RoomIcon
from ..domain.refusal import conflict, invalid, not_found
from ..domain.wire import Picture
from .audit import record

# An editor saves by itself with every move: one line of the audit tells of a sitting.
_ONE_SITTING: Final = timedelta(minutes=10)

_PLAN: Final = """
    select o.id, coalesce(p.version, 0) as version, coalesce(p.icons, '[]') as icons, p.changed_at, p.changed_by,
           p.picture_media, p.picture_mark, p.picture_width, p.picture_height
    from offices o left join office_plans p on p.office_id = o.id
    where o.organisation_id = $1 and o.id = $2 and o.removed_at is null
"""


class OfficePlanStore:
    """Rows of `office_plans`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, organisation_id: UUID, office_id: UUID) -> OfficePlan:
        """The plan with the icons of desks and of rooms that are in the office now; refuses an office that is not there."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            return await _load(connection, organisation_id, office_id)

    async def change(
        self,
        organisation_id: UUID,
        office_id: UUID,
        change: PlanChange,
        *,
        now: datetime,
        actor: str,
    ) -> OfficePlan:
        """Replace the icons, but for those of rooms elsewhere just now; refuses a change of an older plan than the present one."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            row = await _locked(connection, organisation_id, office_id)
            if row["version"] != change.version:
                raise conflict(
                    "Somebody else has changed this plan since you opened it: load it again, then repeat your change."
                )
            wanted = {each.room_id for each in change.icons if isinstance(each, RoomIcon)}
            rooms = await _rooms(connection, office_id, wanted | _rooms_on(row["icons"]))
            for nth, each in enumerate(change.icons):
                if isinstance(each, RoomIcon) and rooms.get(each.room_id) is None:
                    raise invalid(
                        f"icons.{nth}.room_id", "is no room of this office, or not any more"
                    )
            hidden = [
                each
                for each in row["icons"]
                if each["kind"] == "room"
                and UUID(each["room_id"]) in rooms
                and rooms[UUID(each["room_id"])] is None
            ]
            await connection.execute(
                "update office_plans set version = version + 1, icons = $2, changed_at = $3, changed_by = $4"
                " where office_id = $1",
                office_id,
                [each.model_dump(mode="json") for each in change.icons] + hidden,
                now,
                actor,
            )
            going_on = row["changed_by"] == actor and now - row["changed_at"] < _ONE_SITTING
            if not going_on:
                await record(
                    connection,
                    organisation_id,
                    at=now,
                    actor=actor,
                    action="office.plan_changed",
                    subject=f"office:{office_id}",
                    detail={"icons": len(change.icons)},
                )
            return await _load(connection, organisation_id, office_id)

    async def picture(self, organisation_id: UUID, office_id: UUID) -> Picture:
        """The picture; refuses where there is none."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            row = await connection.fetchrow(
                "select p.picture_media, p.picture, p.picture_mark from office_plans p join offices o on o.id = p.office_id"
                " where p.organisation_id = $1 and p.office_id = $2 and o.removed_at is null and p.picture is not null",
                organisation_id,
                office_id,
            )
        if row is None:
            raise not_found("picture")
        return Picture(media=row["picture_media"], content=row["picture"], mark=row["picture_mark"])

    async def put_picture(
        self,
        organisation_id: UUID,
        office_id: UUID,
        drawing: Drawing,
        *,
        replaces: str | None,
        now: datetime,
        actor: str,
    ) -> OfficePlan:
        """Show this picture from now on, icons stay; refuses if the present one is not the one to be replaced (None: any)."""
        async with self._database.organisation_transaction(organisation_id) as connection:
            row = await _locked(connection, organisation_id, office_id)
            present = row["picture_mark"] or ""
            if replaces is not None and _short(present) != replaces:
                raise conflict(
                    "Somebody else has changed the picture since you opened this plan. Theirs is shown now:"
                    " upload yours again if it is to take its place."
                )
            await connection.execute(
                "update office_plans set picture = $2, picture_media = $3, picture_mark = $4, picture_width = $5,"
                " picture_height = $6 where office_id = $1",
                office_id,
                drawing.content,
                drawing.media,
                sha256(drawing.content).hexdigest(),
                drawing.width,
                drawing.height,
            )
            await record(
                connection,
                organisation_id,
                at=now,
                actor=actor,
                action="office.picture_changed",
                subject=f"office:{office_id}",
                detail={"media": drawing.media, "bytes": len(drawing.content)},
            )
            return await _load(connection, organisation_id, office_id)


async def _locked(
    connection: Connection, organisation_id: UUID, office_id: UUID
) -> "asyncpg.Record":
    office = await connection.fetchval(
        "select id from offices where organisation_id = $1 and id = $2 and removed_at is null for share",
        organisation_id,
        office_id,
    )
    if office is None:
        raise not_found("office")
    await connection.execute(
        "insert into office_plans (office_id, organisation_id) values ($1, $2) on conflict do nothing",
        office_id,
        organisation_id,
    )
    row = await connection.fetchrow(
        "select version, icons, changed_at, changed_by, picture_mark from office_plans where office_id = $1 for update",
        office_id,
    )
    if row is None:
        raise not_found("office")
    return row


async def _load(connection: Connection, organisation_id: UUID, office_id: UUID) -> OfficePlan:
    row = await connection.fetchrow(_PLAN, organisation_id, office_id)
    if row is None:
        raise not_found("office")
    names = await _rooms(connection, office_id, _rooms_on(row["icons"]))
    picture = None
    if row["picture_mark"] is not None:
        picture = PlanPicture(
            path=f"/api/offices/{office_id}/plan/image?mark={_short(row['picture_mark'])}",
            media=row["picture_media"],
            width=row["picture_width"],
            height=row["picture_height"],
        )
    return OfficePlan(
        office_id=office_id,
        version=row["version"],
        picture=picture,
        icons=[icon for each in row["icons"] if (icon := _placed(each, names)) is not None],
    )


def _short(mark: str) -> str:
    return mark[:16]  # as much as its address has


def _rooms_on(icons: Iterable[Mapping[str, Any]]) -> set[UUID]:
    return {UUID(each["room_id"]) for each in icons if each["kind"] == "room"}


async def _rooms(connection: Connection, office_id: UUID, ids: set[UUID]) -> dict[UUID, str | None]:
    """Names of those of these rooms that are in the office; None for one that is removed or elsewhere."""
    rows = await connection.fetch(
        "select id, case when office_id = $1 and removed_at is null then name end as name from rooms where id = any($2)",
        office_id,
        list(ids),
    )
    return {row["id"]: row["name"] for row in rows}


def _placed(icon: Mapping[str, Any], names: Mapping[UUID, str | None]) -> PlacedIcon | None:
    if icon["kind"] == "desk":
        return PlacedIcon(**icon)
    room_id = UUID(icon["room_id"])
    name = names.get(room_id)
    if name is None:
        return None
    return PlacedIcon(kind="room", room_id=room_id, name=name, x=icon["x"], y=icon["y"])
