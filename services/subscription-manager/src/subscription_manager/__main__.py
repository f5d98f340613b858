"""`python -m subscription_manager`."""

from servicekit.run import run

from .app import main
from .settings import Settings

run("subscription-manager", Settings, main)
