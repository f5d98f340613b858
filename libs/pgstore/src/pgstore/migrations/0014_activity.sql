-- What the sync did lately in an organisation, newest first: the portal pages through it.
create index journal_by_organisation on journal (organisation_id, id desc);
