import subprocess
import sys

PROGRAM = """
import sys
import webhook_ingress.app
drivers = {"asyncpg", "psycopg", "psycopg2", "sqlalchemy", "sqlite3", "pgstore", "pg8000"}
print(sorted(drivers & {name.partition(".")[0] for name in sys.modules}))
"""


def test_the_running_ingress_has_no_database_driver_in_its_interpreter() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
