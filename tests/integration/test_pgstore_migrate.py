import asyncio
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from pgstore import DatabaseUnavailable, LoginRefused, MigrationRefused, migrate
from pgstore.migrate import Migration, packaged_migrations
from pgstore.testing import TestDatabase

FIRST = Migration("9001_first.sql", "create table first (n int)")
SIXTH = datetime(2026, 4, 6, tzinfo=UTC)
SECOND = Migration("9002_second.sql", "create table second (n int); insert into second values (1)")


async def tables(database: TestDatabase) -> set[str]:
    connection = await asyncpg.connect(database.owner_dsn)
    rows = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
    await connection.close()
    return {row[0] for row in rows}


async def command(*arguments: str, **environment: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "pgstore", *arguments,
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(30):
        out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_a_second_run_applies_nothing(database: TestDatabase) -> None:
    assert await migrate(database.owner_dsn) == []


async def test_only_what_is_missing_is_applied(database: TestDatabase) -> None:
    known = packaged_migrations()
    assert await migrate(database.owner_dsn, [*known, FIRST]) == [FIRST.name]
    assert await migrate(database.owner_dsn, [*known, FIRST, SECOND]) == [SECOND.name]
    assert await tables(database) >= {"first", "second"}


async def test_a_file_changed_after_it_was_applied_is_refused(database: TestDatabase) -> None:
    known = packaged_migrations()
    changed = [replace(known[0], sql=known[0].sql + "\n-- edited"), *known[1:], FIRST]
    with pytest.raises(MigrationRefused, match=f"{known[0].name} was changed"):
        await migrate(database.owner_dsn, changed)
    assert "first" not in await tables(database)


async def test_a_file_that_comes_too_late_in_the_order_is_refused(database: TestDatabase) -> None:
    late = Migration("0002_between.sql", "create table between_them (n int)")
    known = packaged_migrations()
    with pytest.raises(MigrationRefused, match="sorts before"):
        await migrate(database.owner_dsn, sorted([*known, late], key=lambda each: each.name))


async def test_a_database_ahead_of_this_version_is_left_alone(database: TestDatabase) -> None:
    known = packaged_migrations()
    await migrate(database.owner_dsn, [*known, FIRST])
    assert await migrate(database.owner_dsn, known) == []


async def test_a_failing_file_leaves_nothing_of_itself_behind(database: TestDatabase) -> None:
    broken = Migration("9001_broken.sql", "create table half (n int); select 1 / 0")
    known = packaged_migrations()
    with pytest.raises(MigrationRefused, match=r"9001_broken\.sql: division by zero"):
        await migrate(database.owner_dsn, [*known, broken])
    assert "half" not in await tables(database)
    assert await migrate(database.owner_dsn, [*known, replace(broken, sql=FIRST.sql)]) == [
        broken.name
    ]


async def test_two_at_once_apply_each_file_once(database: TestDatabase) -> None:
    wanted = [*packaged_migrations(), FIRST, SECOND]
    async with asyncio.TaskGroup() as both:
        runs = [both.create_task(migrate(database.owner_dsn, wanted)) for _ in range(2)]
    assert sorted(run.result() for run in runs) == [[], [FIRST.name, SECOND.name]]


async def test_whole_days_that_are_there_get_the_instants_of_their_zone(
    database: TestDatabase,
) -> None:
    [filling] = [
        each for each in packaged_migrations() if each.name.endswith("_occupied_instants.sql")
    ]
    kept = {"Australia/Sydney": -10, "America/New_York": 4, "UTC": 0, "Mars/Olympus": None}
    owner = await asyncpg.connect(database.owner_dsn)
    async with owner.transaction():
        await owner.execute(
            "alter table bookings drop column occupied_from, drop column occupied_until;"
            "create index bookings_by_organisation on bookings (organisation_id, starts);"
            "create index bookings_long on bookings (organisation_id, ends)"
        )
        organisations = [uuid4(), uuid4()]
        for organisation in organisations:
            await owner.execute(
                "select set_config('clearooms.organisation', $1, true)", str(organisation)
            )
            for zone, all_day in ((zone, all_day) for zone in kept for all_day in (True, False)):
                await owner.execute(
                    "insert into bookings (organisation_id, room_id, id, event_id, kind, etag, starts, ends, all_day,"
                    " time_zone, subject, organizer_name, organizer_email, status, origin, version, changed_at)"
                    " select $1, $1, id, id, 'single', '1', $3, $4, $5, $2, 'S', 'O', 'o@x.test', 'confirmed', 'outlook',"
                    " 1, $3 from gen_random_uuid() as g(id)",
                    organisation, zone, SIXTH, SIXTH + timedelta(days=1), all_day,
                )  # fmt: skip
    async with owner.transaction():
        await owner.execute(filling.sql)
    for organisation in organisations:
        async with owner.transaction():
            await owner.execute(
                "select set_config('clearooms.organisation', $1, true)", str(organisation)
            )
            rows = await owner.fetch("select * from bookings")
        assert len(rows) == 8  # and nobody else's: the owner is held to his organisation again
        for row in rows:
            hours = kept[row["time_zone"]] if row["all_day"] else None
            taken = (row["occupied_from"], row["occupied_until"])
            if hours is None:
                assert taken == (None, None)
            else:
                assert taken == tuple(SIXTH + timedelta(hours=hours, days=day) for day in (0, 1))
    await owner.close()


async def test_a_login_without_rights_is_told_so(database: TestDatabase) -> None:
    with pytest.raises(MigrationRefused, match="no schema has been selected"):
        await migrate(database.login_dsn, [FIRST])
    with pytest.raises(LoginRefused):
        await migrate(database.owner_dsn + "_nowhere")
    with pytest.raises(DatabaseUnavailable):
        await migrate("postgresql://postgres@127.0.0.1:1/postgres")


async def test_the_command_reads_the_dsn_from_a_file_and_says_what_it_did(
    database: TestDatabase, tmp_path: Path
) -> None:
    file = tmp_path / "dsn"
    file.write_text(database.owner_dsn + "\n")
    code, out, _ = await command("migrate", DATABASE_URL_FILE=str(file))
    assert (code, out) == (0, "nothing to apply\n")


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "DATABASE_URL is missing"),
        ({"DATABASE_URL": "postgresql://x", "DATABASE_URL_FILE": "/x"}, "both set"),
        ({"DATABASE_URL_FILE": "/nowhere/dsn"}, "DATABASE_URL_FILE: "),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL: "),
    ],
)
async def test_bad_settings_are_one_line_and_exit_2(environment: dict[str, str], said: str) -> None:
    code, out, err = await command("migrate", **environment)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err


async def test_a_server_that_is_away_is_one_line_and_exit_1() -> None:
    code, _, err = await command("migrate", DATABASE_URL="postgresql://u:s3cret@127.0.0.1:1/d")
    assert (code, err.count("\n")) == (1, 1)
    assert "s3cret" not in err


async def test_help_names_the_settings() -> None:
    code, out, _ = await command("--help")
    assert code == 0
    assert "DATABASE_URL_FILE" in out
