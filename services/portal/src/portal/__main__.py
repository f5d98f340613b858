"""`python -m portal`."""

from servicekit.run import run

from .app import main
from .settings import Settings

run("portal", Settings, main)
