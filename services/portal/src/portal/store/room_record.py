"""A room as the portal reads it: its own row with the worker's and the manager's, and the state they amount to."""

from typing import TYPE_CHECKING, Final

from ..domain.rooms import RoomRecord

if TYPE_CHECKING:
    import asyncpg

FAILING: Final = "case when w.failing_revision is null or w.failing_revision >= i.revision then w.failing_since end"
SOURCES: Final = """
    from rooms r
    left join room_sync s on s.room_id = r.id
    left join subscriptions u on u.room_id = r.id
    left join integrations i on i.organisation_id = r.organisation_id and i.removed_at is null
    left join credential_watch w on w.organisation_id = r.organisation_id
    where r.organisation_id = $1 and r.removed_at is null
"""
"""Living rooms of the organisation $1."""

RECORD: Final = f"""
    select r.id, r.office_id, r.tenant_id, r.mailbox_id, r.mailbox, r.name, r.capacity,
           s.loaded_at, coalesce(s.loaded, 0) as loaded, s.expected, s.window_read_started, s.last_change_at,
           coalesce(s.lags, '{{}}') as lags, s.problem, s.problem_since,
           coalesce(jsonb_array_length(s.brake -> 'ids'), 0) as held_removals,
           u.subscription_id is not null as subscribed, u.expires_at as subscription_expires_at,
           u.live_since, u.poll_only_since, u.refusal, u.sealed_by,
           nullif(s.due_at, 'infinity') as due_at,
           coalesce(i.enabled, false) as integration_enabled, i.tenant_id as integration_tenant_id,
           {FAILING} as credentials_failing_since
    {SOURCES}
"""

STATE: Final = f"""
    case when not coalesce(i.enabled, false) then 'off'
         when s.problem is not null or ({FAILING}) is not null or i.tenant_id <> r.tenant_id then 'unreachable'
         when s.loaded_at is null then 'loading'
         when u.subscription_id is not null and u.expires_at > $2 then 'live'
         else 'polling' end
"""
"""`state_of` at the time $2, for counting; a test holds the two together."""


def record_of(row: "asyncpg.Record") -> RoomRecord:
    """Return what a row of `RECORD` says."""
    values = dict(row)
    values["lags"] = tuple(values["lags"])
    return RoomRecord(**values)
