-- People who sign in with Microsoft: linked at the first time, known from then on by what the id token calls issuer and subject.

alter table users
    add column oidc_issuer text check (length(oidc_issuer) between 1 and 320),
    add column oidc_subject text check (length(oidc_subject) between 1 and 320),
    add constraint users_linked_whole check ((oidc_issuer is null) = (oidc_subject is null));
create unique index users_by_subject on users (oidc_issuer, oidc_subject) where removed_at is null;

-- Before the organisation is known, like sign_in_organisation.
create function subject_organisation(issuer text, subject text) returns uuid
    language sql stable security definer set search_path = public
    return (select u.organisation_id from users u join organisations o on o.id = u.organisation_id
            where u.oidc_issuer = issuer and u.oidc_subject = subject and u.removed_at is null and o.removed_at is null);
revoke execute on function subject_organisation from public;
grant execute on function subject_organisation to clearooms_portal;
