"""What others wrote, compared with what we owe: nobody gives orders (design §2)."""

from datetime import datetime

from pgstore import Database

from ..domain.schedule import Cadence
from .leases import ACTIVE, SUBSCRIBED

_NEW = f"""
insert into room_sync (room_id, organisation_id, due_at)
select r.id, r.organisation_id, $1
from rooms r join integrations i on i.organisation_id = r.organisation_id
where {ACTIVE} and not exists (select from room_sync s where s.room_id = r.id)
order by r.id
on conflict do nothing
"""

# A room that goes off takes its epoch along: a pass that still runs commits nothing more.
_OFF = f"""
with off as (
    select s.room_id from room_sync s
    where s.due_at < 'infinity' and not exists (
        select from rooms r join integrations i on i.organisation_id = r.organisation_id
        where r.id = s.room_id and {ACTIVE})
    order by s.room_id for update of s skip locked
)
update room_sync s set due_at = 'infinity', not_before = 'infinity', lease_until = null, epoch = s.epoch + 1
from off where s.room_id = off.room_id
"""

_ON = f"""
with on_again as (
    select s.room_id from room_sync s
    join rooms r on r.id = s.room_id
    join integrations i on i.organisation_id = s.organisation_id
    where s.due_at = 'infinity' and {ACTIVE}
    order by s.room_id for update of s skip locked
)
update room_sync s set due_at = $1, not_before = '-infinity', attempts = 0,
    hint_no = s.hint_no + 1, window_owed_no = s.hint_no + 1
from on_again where s.room_id = on_again.room_id
"""

_GAPS = """
with owed as (
    select s.room_id from room_sync s join subscriptions sub on sub.room_id = s.room_id
    where s.due_at < 'infinity' and s.due_at > greatest($1, s.not_before)
      and greatest(sub.live_since, sub.gap_at) > s.window_read_started
    order by s.room_id for update of s skip locked
)
update room_sync s set due_at = greatest($1, s.not_before) from owed where s.room_id = owed.room_id
"""

_POLLED = f"""
with polled as (
    select s.room_id, greatest($1, s.not_before, s.window_read_started + $2) as due_at
    from room_sync s left join subscriptions sub on sub.room_id = s.room_id
    where s.due_at < 'infinity' and s.window_read_started is not null
      and s.due_at > greatest($1, s.not_before, s.window_read_started + $2)
      and not {SUBSCRIBED.format(now="$1")}
    order by s.room_id for update of s skip locked
)
update room_sync s set due_at = polled.due_at from polled where s.room_id = polled.room_id
"""

_CONFIRMED = """
with confirmed as (
    select s.room_id from room_sync s join rooms r on r.id = s.room_id
    where s.brake is not null and s.due_at < 'infinity' and s.due_at > greatest($1, s.not_before)
      and r.removals_confirmed_at >= (s.brake ->> 'first_lacked_at')::timestamptz
    order by s.room_id for update of s skip locked
)
update room_sync s set due_at = greatest($1, s.not_before) from confirmed where s.room_id = confirmed.room_id
"""

_NEW_CREDENTIALS = """
with renewed as (
    select s.room_id from room_sync s join integrations i on i.organisation_id = s.organisation_id
    where s.refused_revision is not null and s.refused_revision <> i.revision and s.due_at < 'infinity'
    order by s.room_id for update of s skip locked
)
update room_sync s set due_at = $1, not_before = '-infinity', refused_revision = null
from renewed where s.room_id = renewed.room_id
"""


class Comparison:
    """Brings `room_sync` in line with rooms, integrations and subscriptions."""

    def __init__(self, database: Database, cadence: Cadence) -> None:
        self._database = database
        self._cadence = cadence

    async def compare(self, now: datetime) -> None:
        """New rooms get a row, switched-off ones sleep, switched-on ones, those with gaps and confirmed ones are due."""
        async with self._database.transaction() as connection:
            await connection.execute(_NEW, now)
            await connection.execute(_OFF)
            await connection.execute(_ON, now)
            await connection.execute(_NEW_CREDENTIALS, now)
            await connection.execute(_GAPS, now)
            await connection.execute(_POLLED, now, self._cadence.poll)
            await connection.execute(_CONFIRMED, now)
