"""PostgreSQL: pool, migrations, roles, row-level security, envelopes, embedded server."""
