-- What the operator did outside any organisation: lines without one, seen and written only outside an organisation's transaction.
create policy audit_of_deployment on audit to clearooms_portal
    using (organisation_id is null and current_organisation() is null)
    with check (organisation_id is null and current_organisation() is null);
