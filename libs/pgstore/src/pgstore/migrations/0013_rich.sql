-- Rich notifications: which of two states of an event is the later one, and what a subscription is encrypted for.

alter table bookings add column modified_at timestamptz; -- lastModifiedDateTime; null where it was not asked for
