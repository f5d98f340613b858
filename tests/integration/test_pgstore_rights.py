"""What each role may do, compared with the database itself: a new grant or table fails here until it is written down."""

from collections.abc import AsyncIterator
from typing import TypeAlias

import asyncpg
import pytest

from pgstore import Role
from pgstore.testing import TestDatabase

WORKER, MANAGER, PORTAL = (role.value for role in Role)
VERBS = ("select", "insert", "update", "delete", "truncate", "references", "trigger")

# table → role → verbs on the whole table
TABLES = {
    "audit": {WORKER: "insert", MANAGER: "insert", PORTAL: "select insert"},
    "bookings": {WORKER: "select insert update delete", PORTAL: "select"},
    "commands": {WORKER: "select insert update delete", PORTAL: "select"},
    "conflicts": {WORKER: "select insert update delete", PORTAL: "select"},
    "credential_watch": {
        WORKER: "select",
        MANAGER: "select insert update delete",
        PORTAL: "select",
    },
    "credentials": {WORKER: "select", MANAGER: "select", PORTAL: "select insert update"},
    "integration_messages": {MANAGER: "select insert update delete"},
    "integrations": {PORTAL: "select insert update"},
    "intents": {WORKER: "select insert update delete", PORTAL: "select"},
    "journal": {WORKER: "select insert update delete", PORTAL: "select"},
    "office_plans": {PORTAL: "select insert update"},
    "offices": {PORTAL: "select insert update"},
    "organisations": {PORTAL: "select insert update"},
    "plan_lines": {WORKER: "select insert update delete", PORTAL: "select"},
    "room_directory": {WORKER: "select"},
    "room_sync": {WORKER: "select insert update delete", MANAGER: "select", PORTAL: "select"},
    "rooms": {PORTAL: "select insert update delete"},
    "schema_migrations": {},
    "sessions": {PORTAL: "select insert update delete"},
    "slot_holds": {WORKER: "select insert update delete", PORTAL: "select"},
    "stray_commands": {WORKER: "select insert update delete"},
    "subscription_tenants": {MANAGER: "select insert update delete"},
    "subscriptions": {WORKER: "select", MANAGER: "select insert update delete", PORTAL: "select"},
    "users": {PORTAL: "select insert update"},
}
# (table, role, verb) → the only columns
COLUMNS = {
    ("integrations", role, "select"): {
        "organisation_id", "tenant_id", "client_id", "enabled", "delivery", "revision", "removed_at",
    }
    for role in (WORKER, MANAGER)
} | {
    ("rooms", WORKER, "select"): {
        "id", "organisation_id", "tenant_id", "mailbox_id", "created_at", "removed_at", "removals_confirmed_at",
    },
    ("rooms", MANAGER, "select"): {
        "id", "organisation_id", "tenant_id", "mailbox_id", "created_at", "removed_at",
    },
}  # fmt: skip
# Functions that run with their owner's rights, which sees every organisation: each may return ids or a number only.
DEFINER_FUNCTIONS = {
    "session_organisation": {PORTAL},
    "sign_in_organisation": {PORTAL},
    "subject_organisation": {PORTAL},
    "organisation_ids": {PORTAL},
    "organisation_ids_ever": {PORTAL},
    "credentials_to_tend": {PORTAL},
    "credentials_sealed_otherwise": {PORTAL},
}


Catalogue: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@pytest.fixture
async def catalogue(database: TestDatabase) -> AsyncIterator[Catalogue]:
    connection = await asyncpg.connect(database.owner_dsn)
    yield connection
    await connection.close()


async def test_every_role_has_exactly_the_table_rights_written_here(catalogue: Catalogue) -> None:
    rows = await catalogue.fetch(
        """
        select c.relname, r.role, v.verb
        from pg_class c, unnest($1::text[]) r(role), unnest($2::text[]) with ordinality v(verb, nth)
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
            and has_table_privilege(r.role, c.oid, v.verb)
        order by v.nth
        """,
        [WORKER, MANAGER, PORTAL],
        VERBS,
    )
    names = await catalogue.fetch("select tablename from pg_tables where schemaname = 'public'")
    actual: dict[str, dict[str, str]] = {row["tablename"]: {} for row in names}
    for table, role, verb in rows:
        rights = actual.setdefault(table, {})
        rights[role] = f"{rights[role]} {verb}" if role in rights else verb
    assert actual == TABLES


async def test_dispatchers_see_only_the_columns_written_here(catalogue: Catalogue) -> None:
    rows = await catalogue.fetch(
        """
        select c.relname, r.role, v.verb, a.attname
        from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped,
            unnest($1::text[]) r(role), unnest(array['select', 'insert', 'update', 'references']) v(verb)
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
            and has_column_privilege(r.role, c.oid, a.attnum, v.verb)
            and not has_table_privilege(r.role, c.oid, v.verb)
        """,
        [WORKER, MANAGER, PORTAL],
    )
    actual: dict[tuple[str, str, str], set[str]] = {}
    for table, role, verb, column in rows:
        actual.setdefault((table, role, verb), set()).add(column)
    assert actual == COLUMNS


async def test_functions_with_the_owners_rights_are_open_to_the_portal_alone(
    catalogue: Catalogue,
) -> None:
    rows = await catalogue.fetch(
        """
        select p.proname, array_agg(r.role) filter (where has_function_privilege(r.role, p.oid, 'execute')) as roles,
            bool_and(p.proconfig is not null) as pinned
        from pg_proc p, unnest($1::text[] || 'public'::text) r(role)
        where p.pronamespace = 'public'::regnamespace and p.prosecdef
        group by p.proname
        """,
        [WORKER, MANAGER, PORTAL],
    )
    assert {row["proname"]: set(row["roles"]) for row in rows} == DEFINER_FUNCTIONS
    assert all(row["pinned"] for row in rows), "a definer function must pin its search_path"


@pytest.mark.parametrize("role", [WORKER, MANAGER, PORTAL])
async def test_a_role_owns_nothing_creates_nothing_and_cannot_log_in(
    catalogue: Catalogue, role: str
) -> None:
    attributes = await catalogue.fetchrow(
        """
        select rolcanlogin or rolsuper or rolcreatedb or rolcreaterole or rolbypassrls or rolreplication as powerful,
            exists (select from pg_class where relowner = r.oid) as owns,
            exists (select from pg_auth_members where member = r.oid) as is_member,
            has_schema_privilege(r.oid, 'public', 'create') as creates
        from pg_roles r where rolname = $1
        """,
        role,
    )
    assert attributes is not None
    assert dict(attributes) == {
        "powerful": False, "owns": False, "is_member": False, "creates": False,
    }  # fmt: skip


async def test_the_login_itself_reads_nothing(database: TestDatabase) -> None:
    connection = await asyncpg.connect(database.login_dsn)
    try:
        for table in TABLES:
            with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.UndefinedTableError)):
                await connection.fetch(f"select from public.{table}")  # names of this file
    finally:
        await connection.close()
