-- The bus's queue tables, run by the owner; may be run again. Everything is reached as the role clearooms_bus.
do $$
begin
    if not exists (select from pg_roles where rolname = 'clearooms_bus') then
        begin
            create role clearooms_bus nologin;
        exception when duplicate_object or unique_violation then
            null; -- roles belong to the cluster: a neighbouring database made it meanwhile
        end;
    end if;
end
$$;

create schema if not exists bus;

create table if not exists bus.messages (
    id bigint generated always as identity primary key,
    queue text not null,
    exchange text not null,
    routing_key text not null,
    content_type text not null,
    headers jsonb not null,
    body bytea not null,
    attempts integer not null default 0,
    claim uuid, -- of the consumer that holds it
    held_until timestamptz -- after it anyone may take it
);
create index if not exists messages_by_queue on bus.messages (queue, id);

-- Followers that are alive; their messages wait under `name`.
create table if not exists bus.followers (
    name text primary key,
    exchange text not null,
    bindings text[] not null, -- regular expressions
    max_length integer not null,
    seen_at timestamptz not null default now()
);

-- Puts one message into every queue bound for it, else into `alternate`; returns how many took it.
create or replace function bus.publish(
    exchange text, routing_key text, content_type text, headers jsonb, body bytea, queues text[], alternate text[]
) returns integer language plpgsql as $$
declare
    targets text[] := queues || array(
        select f.name from bus.followers f where f.exchange = $1 and $2 ~ any (f.bindings)
    );
begin
    if cardinality(targets) = 0 then
        targets := alternate;
    end if;
    insert into bus.messages (queue, exchange, routing_key, content_type, headers, body)
    select target, $1, $2, $3, $4, $5 from unnest(targets) as target;
    perform pg_notify('clearooms_bus', target) from unnest(targets) as target;
    return cardinality(targets);
end
$$;

grant usage on schema bus to clearooms_bus;
grant select, insert, update, delete on bus.messages, bus.followers to clearooms_bus;
