-- Which rooms are taken now is asked by start, over a day; what lasts longer is found here, so that nothing reads what is over.
create index bookings_long on bookings (organisation_id, ends) where ends - starts > interval '1 day';
