-- What observe mode would do, and who undoes what we write. Written by the sync worker alone.

-- Per room what would be done about its open commands and writes, and why; replaced whole by each pass in observe mode.
create table plan_lines (
    organisation_id uuid not null,
    room_id uuid not null,
    number integer not null, -- its place in the plan
    booking_id uuid, -- null for a resync
    command_id text, -- null for what we do by a rule of ours
    action text not null check (action in ('create', 'match', 'change', 'cancel', 'refuse', 'wait')),
    reason text not null, -- a code; of a refusal the one its result would carry
    explanation text not null,
    at timestamptz not null,
    primary key (room_id, number)
);
create index plan_lines_by_age on plan_lines (organisation_id, at);
alter table plan_lines enable row level security;
alter table plan_lines force row level security;
create policy plan_lines_of_organisation on plan_lines
    using (organisation_id = current_organisation()) with check (organisation_id = current_organisation());
grant select, insert, update, delete on plan_lines to clearooms_worker;
grant select on plan_lines to clearooms_portal;

alter table room_sync
    add column planned_at timestamptz; -- when the room's plan was made; null in live mode

alter table bookings
    add column when_ours boolean not null default false, -- start and end are as we wrote them last
    add column flips timestamptz[] not null default '{}'; -- when somebody lately put them back; five park the booking

alter table conflicts drop constraint conflicts_kind_check;
alter table conflicts add constraint conflicts_kind_check
    check (kind in ('overlap', 'stale', 'withdrawn', 'twin', 'reappeared', 'parked'));
