"""`python -m webhook_ingress`."""

from servicekit.run import run

from .app import main
from .settings import Settings

run("webhook-ingress", Settings, main)
