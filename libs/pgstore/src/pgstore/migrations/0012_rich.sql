-- Rich notifications: which of two states of an event is the later one, and what a subscription is encrypted for.

alter table bookings add column modified_at timestamptz; -- lastModifiedDateTime; null where it was not asked for
alter table subscriptions add column certificate_id text; -- SHA-256 of the certificate Graph encrypts events for; null: they do not come along
