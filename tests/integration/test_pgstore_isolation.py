"""No organisation sees another's rows: every table that names an organisation, every role that may read it."""

import datetime as dt
from collections.abc import AsyncIterator, Callable
from typing import TypeAlias
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

import asyncpg
import pytest

from pgstore import Database, Role, open_database
from pgstore.database import ORGANISATION
from pgstore.testing import TestDatabase

Row: TypeAlias = dict[str, object]

MINE, OTHERS = UUID(int=1), UUID(int=2)
# Open to every role that dispatches: ids, times and counters alone (design §2).
DISPATCH = {
    "room_sync",
    "subscriptions",
    "subscription_tenants",
    "credential_watch",
    "stray_commands",
    "integration_messages",
}
# (table, role): rows of every organisation are visible, but only columns without content (test_pgstore_rights).
DISPATCH_COLUMNS = {
    (table, role) for table in ("integrations", "rooms") for role in (Role.WORKER, Role.MANAGER)
}
NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
# What a type's sample would not satisfy.
SAMPLES: Row = {
    "delivery": "basic", "email": "a@b.example", "kind": "single", "origin": "outlook", "role": "member",
    "status": "confirmed", "token_hash": bytes(32), "step": "create", "path": "direct", "stage": "open",
    "ends": NOW + dt.timedelta(hours=1),
}  # fmt: skip
# One column, another check: (table, column).
SAMPLES_OF: dict[tuple[str, str], object] = {
    ("commands", "kind"): "book", ("conflicts", "kind"): "overlap", ("plan_lines", "action"): "wait",
    ("credential_watch", "said"): "ok", ("integration_messages", "way"): "chat", ("integration_messages", "kind"): "ok",
}  # fmt: skip
VIEWS = {"room_directory"}  # shows rows of rooms and offices, has none of its own


TYPES: dict[str, Callable[[], object]] = {
    "uuid": uuid4,
    "text": lambda: str(uuid4()),
    "timestamp with time zone": lambda: NOW,
    "time without time zone": lambda: dt.time(8),
    "boolean": lambda: False,
    "bytea": lambda: uuid4().bytes,
    "jsonb": lambda: "{}",
    "integer": lambda: 1,
    "bigint": lambda: 1,
}


def sample(column: str, type_name: str) -> object:
    return SAMPLES[column] if column in SAMPLES else TYPES[type_name]()


class Content:
    """The content tables as the catalogue knows them, with one row for each of two organisations."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection
        self.key: dict[str, str] = {}

    async def find(self) -> None:
        rows = await self._connection.fetch(
            """
            select table_name, column_name from information_schema.columns
            where table_schema = 'public'
                and (column_name = 'organisation_id' or (table_name, column_name) = ('organisations', 'id'))
            """
        )
        self.key = {
            row["table_name"]: row["column_name"]
            for row in rows
            if row["table_name"] not in DISPATCH | VIEWS
        }

    async def row(self, table: str, organisation: UUID) -> Row:
        columns = await self._connection.fetch(
            """
            select column_name, data_type from information_schema.columns
            where table_schema = 'public' and table_name = $1 and column_default is null
                and is_identity = 'NO' and (is_nullable = 'NO' or column_name = 'organisation_id')
            """,
            table,
        )
        values: Row = {column: sample(column, kind) for column, kind in columns}
        values |= {
            column: SAMPLES_OF[table, column] for column in values if (table, column) in SAMPLES_OF
        }
        if "email" in values:
            values["email"] = f"{organisation}@b.example"
        if "token_hash" in values:
            values["token_hash"] = organisation.bytes * 2
        return values | {self.key[table]: organisation}

    async def plant(self) -> None:
        await self._connection.execute("set session_replication_role = replica")  # no foreign keys
        for table in self.key:
            for organisation in (MINE, OTHERS):
                await insert(self._connection, table, await self.row(table, organisation))
        await self._connection.execute("reset session_replication_role")


async def insert(connection: object, table: str, values: Row) -> None:
    names = ", ".join(values)
    marks = ", ".join(f"${n}" for n in range(1, len(values) + 1))
    sql = f"insert into {table} ({names}) values ({marks})"  # noqa: S608  # names from the catalogue
    await connection.execute(sql, *values.values())  # type: ignore[attr-defined]  # both connection types


@pytest.fixture
async def content(postgres_server: str, database: TestDatabase) -> AsyncIterator[Content]:
    dsn = urlunsplit(urlsplit(postgres_server)._replace(path=f"/{database.name}"))
    connection = await asyncpg.connect(dsn)
    planted = Content(connection)
    await planted.find()
    await planted.plant()
    yield planted
    await connection.close()


@pytest.fixture(params=list(Role))
def role(request: pytest.FixtureRequest) -> Role:
    chosen: Role = request.param
    return chosen


@pytest.fixture
async def as_role(database: TestDatabase, role: Role) -> AsyncIterator[Database]:
    async with open_database(database.login_dsn, role, most=2) as opened:
        yield opened


async def granted(database: Database, role: Role, table: str, verb: str) -> bool:
    async with database.transaction() as connection:
        answer: bool = await connection.fetchval(
            "select has_any_column_privilege($1, $2, $3)"
            if verb == "select"
            else "select has_table_privilege($1, $2, $3)",
            role.value,
            table,
            verb,
        )
        return answer


async def test_every_content_table_forces_row_level_security_on_its_owner_too(
    content: Content, database: TestDatabase
) -> None:
    connection = await asyncpg.connect(database.owner_dsn)
    rows = await connection.fetch(
        "select relname, relrowsecurity and relforcerowsecurity as forced from pg_class where relname = any($1)",
        list(content.key),
    )
    assert {row["relname"]: row["forced"] for row in rows} == dict.fromkeys(content.key, True)
    assert len(content.key) >= 10  # the catalogue query finds them at all
    assert await connection.fetchval("select count(*) from bookings") == 0
    await connection.close()


async def test_dispatch_tables_hold_no_text_but_ids_and_codes(database: TestDatabase) -> None:
    connection = await asyncpg.connect(database.owner_dsn)
    rows = await connection.fetch(
        """
        select table_name || '.' || column_name from information_schema.columns
        where table_name = any($1) and data_type in ('text', 'jsonb', 'bytea')
        """,
        list(DISPATCH),
    )
    await connection.close()
    assert {row[0] for row in rows} == {
        "subscriptions.subscription_id", "subscriptions.sealed_by", "subscriptions.certificate_id", "subscriptions.refusal",
        "subscriptions.webhook_url",
        "credential_watch.failing_code", "credential_watch.said", "integration_messages.way", "integration_messages.kind",
        "integration_messages.code", "stray_commands.source", "stray_commands.command_id",
        "room_sync.pending", "room_sync.lacking", "room_sync.brake", "room_sync.problem", "room_sync.notices",
    }  # fmt: skip


async def test_without_an_organisation_no_content_is_visible(
    content: Content, as_role: Database, role: Role
) -> None:
    for table, key in content.key.items():
        if (table, role) in DISPATCH_COLUMNS or not await granted(as_role, role, table, "select"):
            continue
        async with as_role.transaction() as connection:
            assert await connection.fetch(f"select {key} from {table}") == [], table  # noqa: S608


async def test_with_an_organisation_only_its_own_content_is_visible(
    content: Content, as_role: Database, role: Role
) -> None:
    seen = 0
    for table, key in content.key.items():
        if not await granted(as_role, role, table, "select"):
            continue
        async with as_role.organisation_transaction(MINE) as connection:
            rows = await connection.fetch(f"select {key} from {table}")  # noqa: S608
        expected = {MINE, OTHERS} if (table, role) in DISPATCH_COLUMNS else {MINE}
        assert {row[0] for row in rows} == expected, table
        seen += 1
    assert seen >= 3


async def test_a_statement_that_sets_its_organisation_leaves_it_to_no_later_one(
    content: Content, as_role: Database, role: Role
) -> None:
    for table, key in content.key.items():
        if (table, role) in DISPATCH_COLUMNS or not await granted(as_role, role, table, "select"):
            continue
        async with as_role.statement() as connection:
            assert await connection.fetchval(f"select {ORGANISATION.format('$1')}", MINE) == MINE
            assert await connection.fetch(f"select {key} from {table}") == [], table  # noqa: S608


async def test_a_row_of_another_organisation_cannot_be_inserted(
    content: Content, as_role: Database, role: Role
) -> None:
    tried = 0
    for table in content.key:
        if not await granted(as_role, role, table, "insert"):
            continue
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            async with as_role.organisation_transaction(MINE) as connection:
                await insert(connection, table, await content.row(table, OTHERS))
        tried += 1
    assert tried >= 1


async def test_rows_of_another_organisation_are_neither_changed_nor_deleted(
    content: Content, as_role: Database, role: Role
) -> None:
    for table, key in content.key.items():
        if await granted(as_role, role, table, "update"):
            async with as_role.organisation_transaction(MINE) as connection:
                done = await connection.execute(
                    f"update {table} set {key} = {key} where {key} = $1",  # noqa: S608
                    OTHERS,
                )
                assert done == "UPDATE 0", table
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                async with as_role.organisation_transaction(MINE) as connection:
                    await connection.execute(f"update {table} set {key} = $1", OTHERS)  # noqa: S608
        if await granted(as_role, role, table, "delete"):
            async with as_role.organisation_transaction(MINE) as connection:
                done = await connection.execute(f"delete from {table} where {key} = $1", OTHERS)  # noqa: S608
                assert done == "DELETE 0", table


async def test_the_organisation_of_one_transaction_does_not_reach_the_next(
    content: Content, database: TestDatabase
) -> None:
    assert "offices" in content.key
    async with open_database(database.login_dsn, Role.PORTAL, most=1) as portal:
        async with portal.organisation_transaction(MINE) as connection:
            # Even when somebody sets it for the whole session by mistake.
            await connection.execute(
                f"select set_config('clearooms.organisation', '{MINE}', false)"
            )
        async with portal.transaction() as connection:
            assert await connection.fetch("select id from offices") == []
        async with portal.organisation_transaction(OTHERS) as connection:
            rows = await connection.fetch("select organisation_id from offices")
            assert [row[0] for row in rows] == [OTHERS]


async def test_tokens_and_names_resolve_to_one_organisation_before_it_is_known(
    database: TestDatabase,
) -> None:
    organisation, user = uuid4(), uuid4()
    later = NOW + dt.timedelta(hours=1)
    async with open_database(database.login_dsn, Role.PORTAL) as portal:
        async with portal.organisation_transaction(organisation) as connection:
            await connection.execute(
                "insert into organisations values ($1, 'Acme', $2)", organisation, NOW
            )
            await connection.execute(
                "insert into users values ($1, $2, 'ada@acme.example', 'x', 'administrator', $3)",
                user, organisation, NOW,
            )  # fmt: skip
            await connection.execute(
                "insert into sessions values ($1, $2, $3, $4, $5)",
                bytes(32), organisation, user, NOW, later,
            )  # fmt: skip
        async with portal.transaction() as connection:
            session = "select session_organisation($1, $2)"
            assert await connection.fetchval(session, bytes(32), NOW) == organisation
            assert await connection.fetchval(session, bytes(32), later) is None
            assert await connection.fetchval(session, b"\x01" * 32, NOW) is None
            name = "select sign_in_organisation($1)"
            assert await connection.fetchval(name, "Ada@Acme.example") == organisation
            assert await connection.fetchval(name, "eve@acme.example") is None
            listed = await connection.fetch("select * from organisation_ids()")
            assert [row[0] for row in listed] == [organisation]
        async with portal.organisation_transaction(organisation) as connection:
            await connection.execute("update organisations set removed_at = $1", NOW)
        async with portal.transaction() as connection:
            assert await connection.fetchval(name, "ada@acme.example") is None
            assert await connection.fetch("select * from organisation_ids()") == []
