-- Written by the sync worker alone.

-- Dispatch: what is owed to each room, who holds it, how far it is. Ids, times and counters, no content.
create table room_sync (
    room_id uuid primary key,
    organisation_id uuid not null,
    due_at timestamptz not null, -- infinity while the room is removed or its integration off
    not_before timestamptz not null default '-infinity', -- no hint makes the room due earlier: throttled, refused, off
    hint_no bigint not null default 0,
    pending jsonb not null default '[]', -- at most 20 of {event, etag, no, received_at, asked, ask_at, gone_at}; beyond them a window read
    window_owed_no bigint not null default 0, -- a window read is owed while this is greater than window_done_no
    window_done_no bigint not null default 0,
    window_read_started timestamptz, -- start of the last complete window read
    loaded_at timestamptz, -- end of the first load
    loaded integer not null default 0, -- events read by the first load so far
    expected integer, -- known with its last page
    lease_until timestamptz,
    epoch bigint not null default 0,
    attempts integer not null default 0,
    version bigint not null default 0, -- the room's counter: the version of the booking row last changed
    published_version bigint not null default 0, -- everything up to here is confirmed by the broker
    last_change_at timestamptz,
    lags integer[] not null default '{}', -- ms from the ingress's receipt to the confirmed event, last 50 hints
    brake jsonb, -- removals held back: {ids, first_lacked_at, reads}
    lacking jsonb not null default '[]', -- events a window read lacked, to be asked for by id: {event, ask_at, gone_at}
    problem text, -- reason code why the mailbox cannot be read
    problem_since timestamptz,
    refused_revision bigint, -- the integration's revision whose credentials were rejected: another one is tried at once
    notices jsonb not null default '[]' -- room.* messages still to be sent
);
create index room_sync_due on room_sync (due_at);
create index room_sync_by_organisation on room_sync (organisation_id);

create table bookings (
    organisation_id uuid not null,
    room_id uuid not null,
    id uuid not null,
    event_id text not null, -- Graph's id in the room's mailbox, case-sensitive
    kind text not null check (kind in ('single', 'master', 'occurrence', 'exception')),
    master_id text,
    series_id uuid,
    original_start timestamptz,
    etag text not null,
    seen_etags text[] not null default '{}', -- etags already read or asked for: they may save a read, nothing else
    ical_uid text,
    starts timestamptz not null,
    ends timestamptz not null,
    all_day boolean not null default false,
    time_zone text not null,
    subject text not null,
    organizer_name text not null,
    organizer_email text not null,
    status text not null check (status in ('pending', 'confirmed', 'tentative', 'conflicted', 'cancelled')),
    origin text not null check (origin in ('outlook', 'clearooms')),
    version bigint not null,
    published boolean not null default true, -- masters are never published
    removed_at timestamptz, -- gone from the calendar, or no occupancy; the row goes on counting versions
    changed_at timestamptz not null,
    primary key (room_id, id),
    -- Deferred: Graph may hand an event id from one occurrence to another, and both rows change in one statement.
    constraint bookings_by_event unique (room_id, event_id) deferrable initially deferred
);
create index bookings_by_version on bookings (room_id, version);
create index bookings_by_time on bookings (room_id, ends);
create index bookings_by_master on bookings (room_id, master_id) where master_id is not null;
create index bookings_by_organisation on bookings (organisation_id, starts);

-- What happened to a booking, for the operator's explanation: ids and times only.
create table journal (
    id bigint generated always as identity primary key,
    organisation_id uuid not null,
    room_id uuid not null,
    booking_id uuid,
    at timestamptz not null,
    entry text not null,
    version bigint,
    detail jsonb not null default '{}'
);
create index journal_by_booking on journal (room_id, booking_id, id);

do $$
declare
    content text;
begin
    foreach content in array array['bookings', 'journal'] loop
        execute format('alter table %I enable row level security', content);
        execute format('alter table %I force row level security', content);
        execute format('create policy %I on %I using (organisation_id = current_organisation()) with check (organisation_id = current_organisation())',
                       content || '_of_organisation', content);
        execute format('grant select, insert, update, delete on %I to clearooms_worker', content);
        execute format('grant select on %I to clearooms_portal', content);
    end loop;
end
$$;
grant select, insert, update, delete on room_sync to clearooms_worker;
grant select on room_sync to clearooms_manager, clearooms_portal;
