-- One plan per office: a picture and icons on it. Written by the portal alone.
create table office_plans (
    office_id uuid primary key references offices,
    organisation_id uuid not null references organisations,
    version bigint not null default 0, -- counts changes of the icons; a change names the version it was made on
    icons jsonb not null default '[]', -- [{kind, room_id | name, x, y}], also of rooms that are removed or elsewhere just now
    changed_at timestamptz, -- of the icons, and by whom, as in the audit
    changed_by text,
    picture bytea, -- as we encoded it ourselves, never as it was uploaded
    picture_media text check (picture_media in ('image/png', 'image/jpeg', 'image/svg+xml')),
    picture_mark text, -- SHA-256 of the picture
    picture_width integer, -- in units of the plan: CSS pixels at 100 %
    picture_height integer,
    check (num_nulls(picture, picture_media, picture_mark, picture_width, picture_height) in (0, 5))
);
create index office_plans_by_organisation on office_plans (organisation_id);
alter table office_plans enable row level security;
alter table office_plans force row level security;
create policy office_plans_of_organisation on office_plans
    using (organisation_id = current_organisation()) with check (organisation_id = current_organisation());
grant select, insert, update on office_plans to clearooms_portal;
