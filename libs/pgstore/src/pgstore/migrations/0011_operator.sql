-- What the operator did outside any organisation: lines without one, seen and written only outside an organisation's transaction.
create policy audit_of_deployment on audit to clearooms_portal
    using (organisation_id is null and current_organisation() is null)
    with check (organisation_id is null and current_organisation() is null);

-- Removals that a window read suggests and the worker holds back: somebody has looked in Outlook and says that they are right.
alter table rooms add column removals_confirmed_at timestamptz;
grant select (removals_confirmed_at) on rooms to clearooms_worker;
