-- Everything the portal writes. Content tables are reached inside organisation_transaction() only; the dispatch columns of
-- integrations and rooms (ids, switches, times) are open to the worker and the manager.

create table organisations (
    id uuid primary key,
    name text not null check (length(name) between 1 and 200),
    created_at timestamptz not null,
    removed_at timestamptz
);

create table users (
    id uuid primary key,
    organisation_id uuid not null references organisations,
    email text not null check (email = lower(email) and length(email) between 3 and 320),
    password_hash text not null,
    role text not null check (role in ('administrator', 'member')),
    created_at timestamptz not null,
    removed_at timestamptz
);
create unique index users_by_email on users (email) where removed_at is null;
create index users_by_organisation on users (organisation_id);

create table sessions (
    token_hash bytea primary key check (length(token_hash) = 32),
    organisation_id uuid not null references organisations,
    user_id uuid not null references users,
    created_at timestamptz not null,
    expires_at timestamptz not null
);
create index sessions_by_user on sessions (user_id);

create table integrations (
    organisation_id uuid primary key references organisations,
    tenant_id uuid not null,
    client_id uuid not null,
    enabled boolean not null,
    delivery text not null default 'basic' check (delivery in ('basic', 'rich')),
    revision bigint not null default 1, -- rises whenever credentials or ids change, so that token caches notice
    removed_at timestamptz,
    tested_at timestamptz,
    test_result jsonb
);

create table credentials (
    organisation_id uuid primary key references organisations,
    sealed_secret bytea not null,
    expires_at timestamptz,
    updated_at timestamptz not null
);

create table offices (
    id uuid primary key,
    organisation_id uuid not null references organisations,
    name text not null check (length(name) between 1 and 200),
    time_zone text not null,
    opens time not null,
    closes time not null,
    created_at timestamptz not null,
    removed_at timestamptz
);
create index offices_by_organisation on offices (organisation_id);

create table rooms (
    id uuid primary key,
    organisation_id uuid not null references organisations,
    office_id uuid not null references offices,
    tenant_id uuid not null,
    mailbox_id uuid not null, -- the directory object id: the one address that survives a rename
    mailbox text not null,
    name text not null,
    capacity integer,
    building text,
    floor text,
    created_at timestamptz not null,
    removed_at timestamptz
);
create unique index rooms_by_mailbox on rooms (tenant_id, mailbox_id) where removed_at is null;
create index rooms_by_organisation on rooms (organisation_id);

do $$
declare
    content text;
begin
    foreach content in array array['users', 'sessions', 'credentials', 'offices'] loop
        execute format('alter table %I enable row level security', content);
        execute format('alter table %I force row level security', content);
        execute format('create policy %I on %I using (organisation_id = current_organisation()) with check (organisation_id = current_organisation())',
                       content || '_of_organisation', content);
        execute format('grant select, insert, update on %I to clearooms_portal', content);
    end loop;
end
$$;
grant delete on sessions to clearooms_portal;
grant select on credentials to clearooms_worker, clearooms_manager;

alter table organisations enable row level security;
alter table organisations force row level security;
create policy organisations_of_organisation on organisations using (id = current_organisation()) with check (id = current_organisation());
grant select, insert, update on organisations to clearooms_portal;

-- integrations and rooms: the portal sees its organisation's rows; dispatchers see every row but only columns without content.
alter table integrations enable row level security;
alter table integrations force row level security;
create policy integrations_of_organisation on integrations to clearooms_portal
    using (organisation_id = current_organisation()) with check (organisation_id = current_organisation());
create policy integrations_dispatch on integrations for select to clearooms_worker, clearooms_manager using (true);
grant select, insert, update on integrations to clearooms_portal;
grant select (organisation_id, tenant_id, client_id, enabled, delivery, revision, removed_at) on integrations
    to clearooms_worker, clearooms_manager;

alter table rooms enable row level security;
alter table rooms force row level security;
create policy rooms_of_organisation on rooms to clearooms_portal
    using (organisation_id = current_organisation()) with check (organisation_id = current_organisation());
create policy rooms_dispatch on rooms for select to clearooms_worker, clearooms_manager using (true);
grant select, insert, update, delete on rooms to clearooms_portal;
grant select (id, organisation_id, tenant_id, mailbox_id, created_at, removed_at) on rooms to clearooms_worker, clearooms_manager;

create trigger integrations_changed after insert or update on integrations for each statement execute function notify_change();
create trigger rooms_changed after insert or update on rooms for each statement execute function notify_change();

-- Tokens and sign-in names resolve to one id, before the organisation is known. The functions run as the owner, whom forced
-- row-level security binds as well: these policies are its only window, and only through these functions.
create policy sessions_resolve on sessions for select to current_user using (true);
create policy users_resolve on users for select to current_user using (true);
create policy organisations_resolve on organisations for select to current_user using (true);

create function session_organisation(hash bytea, at timestamptz) returns uuid
    language sql stable security definer set search_path = public
    return (select organisation_id from sessions where token_hash = hash and expires_at > at);
create function sign_in_organisation(address text) returns uuid
    language sql stable security definer set search_path = public
    return (select u.organisation_id from users u join organisations o on o.id = u.organisation_id
            where u.email = lower(address) and u.removed_at is null and o.removed_at is null);
create function organisation_ids() returns setof uuid -- for the operator, who then reads each one inside its own transaction
    language sql stable security definer set search_path = public
    begin atomic
        select id from organisations where removed_at is null order by created_at, id;
    end;
revoke execute on function session_organisation, sign_in_organisation, organisation_ids from public;
grant execute on function session_organisation, sign_in_organisation, organisation_ids to clearooms_portal;
