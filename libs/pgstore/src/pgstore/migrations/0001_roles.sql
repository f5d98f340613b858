-- One NOLOGIN role per service. The operator grants each to the login of that service; every pool then runs as its role.
do $$
declare
    role_name text;
begin
    foreach role_name in array array['clearooms_worker', 'clearooms_manager', 'clearooms_portal'] loop
        if not exists (select from pg_roles where rolname = role_name) then
            begin
                execute format('create role %I nologin nosuperuser nocreatedb nocreaterole nobypassrls', role_name);
            exception when duplicate_object or unique_violation then
                null; -- roles belong to the cluster: a migration of a neighbouring database made it meanwhile
            end;
        end if;
    end loop;
end
$$;

revoke all on schema public from public;
grant usage on schema public to clearooms_worker, clearooms_manager, clearooms_portal;

-- The organisation of the current transaction; null outside one, and then no content row is visible.
create function current_organisation() returns uuid
    language sql stable parallel safe
    return nullif(current_setting('clearooms.organisation', true), '')::uuid;

-- Tells who listens which table changed; a comparison every 15 s makes it certain (design §2).
create function notify_change() returns trigger language plpgsql as $$
begin
    perform pg_notify('clearooms', tg_table_name);
    return null;
end
$$;

-- Insert-only for every service.
create table audit (
    id bigint generated always as identity primary key,
    organisation_id uuid,
    at timestamptz not null,
    actor text not null,
    action text not null,
    subject text not null,
    detail jsonb not null default '{}'
);
create index audit_by_organisation on audit (organisation_id, id desc);
alter table audit enable row level security;
alter table audit force row level security;
create policy audit_of_organisation on audit using (organisation_id = current_organisation())
    with check (organisation_id = current_organisation());
grant insert on audit to clearooms_worker, clearooms_manager, clearooms_portal;
grant select on audit to clearooms_portal;
