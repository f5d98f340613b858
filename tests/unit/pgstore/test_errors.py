import asyncpg
import pytest

from pgstore.errors import is_passing, means_server_gone


def of_state(sqlstate: str) -> asyncpg.PostgresError:
    error: asyncpg.PostgresError = asyncpg.PostgresError.new({"C": sqlstate, "M": "x"})
    return error


@pytest.mark.parametrize(
    ("error", "passing", "gone"),
    [
        (of_state("25006"), True, True),
        (of_state("57P01"), True, True),
        (of_state("57P02"), True, True),
        (of_state("57P03"), True, True),
        (of_state("08000"), True, True),
        (of_state("08003"), True, True),
        (of_state("08006"), True, True),
        (ConnectionRefusedError(), True, True),
        (ConnectionResetError(), True, True),
        (asyncpg.InterfaceError("connection is closed"), True, True),
        (asyncpg.InternalClientError("cannot switch to state 15"), True, True),
        (TimeoutError(), True, False),
        (OSError("no route"), True, False),
        (of_state("53300"), True, False),  # connection slots used up
        (of_state("53100"), True, False),  # disk full
        (of_state("55P03"), True, False),
        (of_state("40001"), True, False),
        (of_state("40P01"), True, False),
        (of_state("57014"), True, False),
        (asyncpg.TargetServerAttributeNotMatched("no primary"), True, False),
        (of_state("23505"), False, False),  # unique violation
        (of_state("42501"), False, False),  # privilege, row-level security
        (of_state("42P01"), False, False),
        (asyncpg.InterfaceError("another operation is in progress"), False, False),
        (ValueError(), False, False),
    ],
)
def test_an_error_tells_whether_to_come_back_and_whether_to_empty_the_pool(
    error: Exception, passing: bool, gone: bool
) -> None:
    assert (is_passing(error), means_server_gone(error)) == (passing, gone)


def test_a_statement_planned_before_a_migration_means_later() -> None:
    assert is_passing(asyncpg.InvalidCachedStatementError("cached plan must not change"))
