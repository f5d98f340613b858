from pgstore.migrate import packaged_migrations


def test_the_packaged_files_are_numbered_without_a_gap() -> None:
    numbers = [int(migration.name[:4]) for migration in packaged_migrations()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 4


def test_no_file_manages_its_own_transaction() -> None:
    for migration in packaged_migrations():
        lines = {line.strip().lower() for line in migration.sql.splitlines()}
        assert not lines & {"commit;", "rollback;", "begin;"}, migration.name
