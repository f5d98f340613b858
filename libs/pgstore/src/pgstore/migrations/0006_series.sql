-- Series by command, and bookings that move to another room.

alter table intents drop constraint intents_step_check;
alter table intents
    add constraint intents_step_check check
        (step in ('create', 'change', 'restore', 'invite', 'cancel', 'delete', 'decline', 'move')),
    add column occurrence_at timestamptz, -- where to look for a series made in Outlook: one of its occurrences
    add column to_room uuid; -- of a move: the room that must accept first

alter table slot_holds add column series_id uuid; -- one hold for each occurrence

alter table room_sync add column own_series boolean not null default false; -- commands of ours made series here

-- The masters of our series come with every claim of their room; the rest of a series where a command is about it.
create index bookings_own_series on bookings (room_id) where kind = 'master' and origin = 'clearooms';
create index bookings_by_series on bookings (room_id, series_id) where series_id is not null;

alter table commands add column for_room uuid; -- asked by the holder of this room, who alone is told how it ended
