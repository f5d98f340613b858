-- Written by the subscription manager alone. Dispatch tables: ids, times and counters, no content.

create table subscriptions (
    room_id uuid primary key,
    organisation_id uuid not null,
    subscription_id text, -- Graph's id; null while there is none
    expires_at timestamptz,
    live_since timestamptz, -- the worker owes a window read when this or gap_at is later than its last one (design §2)
    gap_at timestamptz,
    sealed_by text, -- key id of the clientState, for rotation
    sealed_at timestamptz,
    client_id uuid, -- sealed into the clientState with the tenant; a change of either means a new subscription
    tenant_id uuid,
    webhook_url text, -- the origin that Graph posts to; another one means a new subscription
    creating_since timestamptz, -- intent before effect: a create whose outcome nobody has recorded yet
    poll_only_since timestamptz, -- Graph refused for good
    refusal text, -- the error code behind it
    lifecycle_due boolean not null default false, -- Graph says something is wrong: ask it
    missed_due boolean not null default false, -- Graph says that it could not deliver: the worker must read
    hint_no bigint not null default 0, -- rises with every lifecycle hint, so that none is lost to a pass under way
    asked_at timestamptz, -- the last GET on behalf of a lifecycle hint: at most one in 10 min
    patched_at timestamptz, -- the last PATCH: never twice in 10 min
    attempts integer not null default 0,
    due_at timestamptz not null,
    lease_until timestamptz,
    epoch bigint not null default 0
);
create index subscriptions_due on subscriptions (due_at);

create table credential_watch (
    organisation_id uuid primary key,
    failing_since timestamptz,
    failing_code text,
    failing_revision bigint, -- the integration's revision that failed: a newer one is tried at once
    retry_at timestamptz, -- when the same revision is tried again: somebody may have mended it in Entra
    expires_at timestamptz,
    due_at timestamptz not null default 'infinity'
);

grant select, insert, update, delete on subscriptions, credential_watch to clearooms_manager;
grant select on subscriptions, credential_watch to clearooms_worker, clearooms_portal;

create trigger subscriptions_changed after insert or update of live_since, gap_at, poll_only_since on subscriptions
    for each statement execute function notify_change();
create trigger credential_watch_changed after insert or update on credential_watch
    for each statement execute function notify_change();
