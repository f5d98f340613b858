"""`python -m sync_worker`."""

from servicekit.run import run

from .app import main
from .settings import WorkerSettings

if __name__ == "__main__":
    run("sync-worker", WorkerSettings, main)
