-- What our own writes leave behind.

alter table bookings
    add column past_etags text[] not null default '{}', -- a read that shows one of these lags behind
    add column written_at timestamptz; -- when we last wrote the event: soon after, a read that does not show it proves nothing

alter table intents drop column number; -- a transactionId whose event is gone was cancelled by somebody: nothing is written again
