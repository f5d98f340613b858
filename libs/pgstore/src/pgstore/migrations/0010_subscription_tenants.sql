-- What the replicas of the subscription manager share about an organisation's tenant. Dispatch: ids and times, no content.

create table subscription_tenants (
    organisation_id uuid primary key,
    call_at timestamptz not null default '-infinity', -- the next call about a subscription is not made before
    list_at timestamptz not null default '-infinity', -- nor the next page of the list asked for
    sweep_at timestamptz not null -- when Graph's list is compared with our rows; infinity while switched off
);
grant select, insert, update, delete on subscription_tenants to clearooms_manager;

create index subscriptions_leased on subscriptions (lease_until) where lease_until is not null;
create index subscriptions_by_tenant on subscriptions (tenant_id);

-- A statement that changed nothing told everybody, the manager itself among them: only what changed is told.
drop trigger subscriptions_changed on subscriptions;
create trigger subscriptions_changed after update of live_since, gap_at, poll_only_since on subscriptions for each row
    when ((old.live_since, old.gap_at, old.poll_only_since) is distinct from (new.live_since, new.gap_at, new.poll_only_since))
    execute function notify_change();
