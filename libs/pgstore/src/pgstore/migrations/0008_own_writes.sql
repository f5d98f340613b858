-- What our own writes leave behind.

alter table bookings add column past_etags text[] not null default '{}'; -- a read that shows one of these lags behind

alter table intents drop column number; -- a transactionId whose event is gone was cancelled by somebody: nothing is written again
