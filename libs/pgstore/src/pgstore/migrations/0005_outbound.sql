-- The way out: what is asked of us, what we are about to write, what we have promised. Written by the sync worker alone.

create extension if not exists btree_gist; -- trusted since PostgreSQL 13: the owner of the database may create it

-- What the platform and the portal asked, with the one result of each.
create table commands (
    organisation_id uuid not null,
    source text not null, -- CloudEvents: source and id name a command
    id text not null,
    kind text not null check (kind in ('book', 'change', 'cancel', 'resync')),
    room_id uuid, -- whose holder runs it; null while no booking of this id is known
    booking_id uuid,
    sequence bigint,
    data jsonb not null,
    not_after timestamptz,
    received_at timestamptz not null,
    outcome text check (outcome in ('accepted', 'rejected')), -- null while it is open
    reason text,
    explanation text not null default '',
    version bigint,
    alternatives jsonb not null default '[]',
    decided_at timestamptz,
    sent_at timestamptz, -- the broker has confirmed the result; a repeated command clears it
    primary key (organisation_id, source, id)
);
create index commands_unfinished on commands (room_id, received_at) where sent_at is null;
create index commands_by_booking on commands (booking_id, source);
create index commands_by_age on commands (organisation_id, received_at);

-- Commands that no room's holder can run: their booking is unknown so far, or their result was clear at once.
-- Dispatch: ids and times.
create table stray_commands (
    organisation_id uuid not null,
    source text not null,
    command_id text not null,
    due_at timestamptz not null,
    lease_until timestamptz not null default '-infinity',
    primary key (organisation_id, source, command_id)
);
create index stray_commands_due on stray_commands (due_at);

-- Intent before effect: what is to be written to Graph, committed before it is. The content is the merge base.
create table intents (
    organisation_id uuid not null,
    room_id uuid not null,
    id uuid not null,
    booking_id uuid not null,
    source text, -- the command it serves; null for what we do by a rule of ours
    command_id text,
    step text not null check (step in ('create', 'change', 'restore', 'invite', 'cancel', 'delete', 'decline')),
    path text not null check (path in ('organizer', 'direct')),
    mailbox text not null, -- where it is written: the organiser's address or the room's mailbox id
    stage text not null check (stage in ('open', 'written', 'guarding', 'done')),
    number integer not null default 0, -- n of the transactionId
    attempts integer not null default 0, -- writes begun; more than one means that an outcome was unknown
    event_id text, -- in `mailbox`
    etag text,
    ical_uid text,
    content jsonb not null,
    base jsonb, -- what a change found, to be put back if the room declines
    created_at timestamptz not null,
    due_at timestamptz not null,
    written_at timestamptz,
    ended_at timestamptz,
    by_answer boolean not null default true, -- false: its effect was found, not confirmed; a late twin may still come
    primary key (room_id, id)
);
create index intents_unfinished on intents (room_id) where stage <> 'done';
create index intents_by_booking on intents (room_id, booking_id);
create index intents_by_age on intents (organisation_id, created_at);

-- The slots of our commands in flight: the first gets it. One holder per room asks in order; the constraint is the proof.
create table slot_holds (
    organisation_id uuid not null,
    room_id uuid not null,
    booking_id uuid not null,
    starts timestamptz not null,
    ends timestamptz not null check (ends > starts),
    primary key (room_id, booking_id),
    constraint slot_holds_never_overlap exclude using gist (room_id with =, tstzrange(starts, ends) with &&)
);

-- What a human may want to know: overlaps, edits that lost, twins removed. Ids and times.
create table conflicts (
    id bigint generated always as identity primary key,
    organisation_id uuid not null,
    room_id uuid not null,
    kind text not null check (kind in ('overlap', 'stale', 'withdrawn', 'twin', 'reappeared')),
    booking_id uuid not null,
    other_id uuid, -- the other booking of an overlap
    command_id text,
    at timestamptz not null,
    cleared_at timestamptz
);
create unique index conflicts_overlapping on conflicts (room_id, booking_id, other_id) where kind = 'overlap' and cleared_at is null;
create index conflicts_by_room on conflicts (room_id, id);

alter table bookings
    add column answer text check (answer in ('pending', 'confirmed', 'tentative', 'cancelled')), -- status without overlaps; null = status
    add column when_version bigint not null default 0, -- the version in which Graph last changed start or end
    add column subject_version bigint not null default 0,
    add column organizer_mailbox text, -- where the organiser's copy is, once we wrote it or looked for it
    add column organizer_event_id text,
    add column yields_until timestamptz, -- booked directly: until then a foreign event in its slot wins
    add column withdrawn_at timestamptz; -- taken away by us: soon after, a copy that still shows is an old one

alter table room_sync
    add column command_no bigint not null default 0, -- rises with every command for the room
    add column command_done_no bigint not null default 0, -- nothing is open of the commands up to here
    add column overlaps_owed boolean not null default false; -- rows overlap, or did: who is `conflicted` must be settled

do $$
declare
    content text;
begin
    foreach content in array array['commands', 'intents', 'slot_holds', 'conflicts'] loop
        execute format('alter table %I enable row level security', content);
        execute format('alter table %I force row level security', content);
        execute format('create policy %I on %I using (organisation_id = current_organisation()) with check (organisation_id = current_organisation())',
                       content || '_of_organisation', content);
        execute format('grant select, insert, update, delete on %I to clearooms_worker', content);
        execute format('grant select on %I to clearooms_portal', content);
    end loop;
end
$$;
grant select, insert, update, delete on stray_commands to clearooms_worker;

-- How a room is addressed and which neighbours it has, for the worker and inside an organisation's transaction alone:
-- the dispatch grant on `rooms` shows ids of all organisations, names and addresses must not be among them.
create policy rooms_in_directory on rooms for select to current_user using (organisation_id = current_organisation());
create policy offices_in_directory on offices for select to current_user using (organisation_id = current_organisation());
create view room_directory with (security_barrier) as
    select r.organisation_id, r.id as room_id, r.office_id, r.mailbox_id, r.mailbox, r.name, r.capacity,
        o.time_zone, o.opens, o.closes
    from rooms r join offices o on o.id = r.office_id
    where r.organisation_id = current_organisation() and r.removed_at is null;
grant select on room_directory to clearooms_worker;
