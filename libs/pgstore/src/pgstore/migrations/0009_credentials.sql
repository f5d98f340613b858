-- Credentials that end: the one before the newest, certificates, warnings said once, messages owed, keys that rotate.

-- Old code writes none of these: its secrets have no predecessor and are no certificates.
alter table credentials
    add column sealed_former bytea, -- the secret before this one, tried while Entra does not know the new one everywhere
    add column former_until timestamptz,
    add column certificate_thumbprint text,
    add column sealed_chat_webhook bytea,
    add constraint former_ends check ((sealed_former is null) = (former_until is null));

alter table credential_watch
    add column watched_revision bigint, -- the integration's revision that was last looked at
    add column looked_at timestamptz,
    add column said text check (said in ('ok', 'failing')), -- the last of these two that was said
    add column warned_days integer, -- the last warning said of this expiry; a later expiry begins anew
    add column warned_for timestamptz,
    add column lease_until timestamptz,
    add column epoch bigint not null default 0;
create index credential_watch_due on credential_watch (due_at);

-- Claims and looks are nobody else's business; whether credentials fail is.
drop trigger credential_watch_changed on credential_watch;
create trigger credential_watch_changed after insert or update of failing_since, failing_revision, retry_at on credential_watch
    for each statement execute function notify_change();

-- What is still to be said, in the order of its numbers per organisation and way. Ids, times and codes, no content.
create table integration_messages (
    number bigint generated always as identity primary key,
    organisation_id uuid not null,
    way text not null check (way in ('events', 'chat')),
    kind text not null check (kind in ('ok', 'failing', 'secret_expiring')),
    at timestamptz not null,
    code text,
    expires_at timestamptz,
    days integer,
    attempts integer not null default 0,
    due_at timestamptz not null
);
create index integration_messages_in_order on integration_messages (organisation_id, way, number);
grant select, insert, update, delete on integration_messages to clearooms_manager;

-- The keys that seal rotate for the whole deployment: the portal finds the rows, then opens each in its own organisation.
-- An envelope begins with its format and the id of its key: `prefix` is how those of the newest key begin.
create policy credentials_resolve on credentials for select to current_user using (true);
create function sealed_otherwise(envelope bytea, prefix bytea) returns boolean
    language sql immutable parallel safe
    return coalesce(substring(envelope from 1 for length(prefix)) <> prefix, false);
create function credentials_to_tend(prefix bytea, at timestamptz, after uuid, most integer) returns setof uuid
    language sql stable security definer set search_path = public
    begin atomic
        select organisation_id from credentials
        where organisation_id > after and (sealed_otherwise(sealed_secret, prefix) or sealed_otherwise(sealed_former, prefix)
            or sealed_otherwise(sealed_chat_webhook, prefix) or former_until <= at)
        order by organisation_id limit most;
    end;
create function credentials_sealed_otherwise(prefix bytea) returns bigint
    language sql stable security definer set search_path = public
    begin atomic
        select count(*) from credentials
        where sealed_otherwise(sealed_secret, prefix) or sealed_otherwise(sealed_former, prefix)
            or sealed_otherwise(sealed_chat_webhook, prefix);
    end;
revoke execute on function credentials_to_tend, credentials_sealed_otherwise from public;
grant execute on function credentials_to_tend, credentials_sealed_otherwise to clearooms_portal;
