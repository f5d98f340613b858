import asyncpg
import pytest

from pgstore import Role, open_database
from pgstore.logins import LoginNotMade, make_login
from pgstore.testing import TestDatabase


async def test_one_login_becomes_every_role_and_has_no_right_of_its_own(
    database: TestDatabase,
) -> None:
    dsn = await make_login(database.owner_dsn, "one_login", list(Role))
    for role in Role:
        async with open_database(dsn, role) as opened, opened.transaction() as connection:
            assert await connection.fetchval("select current_user::text") == role
    plain = await asyncpg.connect(dsn)
    attributes = await plain.fetchrow(
        "select rolsuper, rolinherit, rolcreaterole, rolbypassrls from pg_roles where rolname = 'one_login'"
    )
    await plain.close()
    assert attributes is not None
    assert not any(attributes.values())


async def test_making_it_again_changes_nothing_for_who_is_connected(database: TestDatabase) -> None:
    first = await make_login(database.owner_dsn, "one_login", list(Role))
    assert await make_login(database.owner_dsn, "one_login", list(Role)) == first


async def test_an_owner_who_may_not_create_roles_is_told_so(database: TestDatabase) -> None:
    with pytest.raises(LoginNotMade, match="allowed to create roles"):
        await make_login(database.login_dsn, "another", list(Role))
