"""`python -m standalone`."""

from servicekit.run import run

from .app import main
from .settings import Settings

if __name__ == "__main__":
    run("standalone", Settings, main)
