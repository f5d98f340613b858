-- Rooms removed thirty days ago are deleted, those of organisations that were removed as well: the portal needs their ids.
create function organisation_ids_ever() returns setof uuid
    language sql stable security definer set search_path = public
    begin atomic
        select id from organisations order by created_at, id;
    end;
revoke execute on function organisation_ids_ever from public;
grant execute on function organisation_ids_ever to clearooms_portal;

-- Which rooms are taken now is asked by start, over a day; what lasts longer is found here, so that nothing reads what is over.
create index bookings_long on bookings (organisation_id, ends) where ends - starts > interval '1 day';
