"""A Microsoft 365 tenant on loopback, for development and tests only."""

from .clock import Clock
from .options import Options
from .server import Address, serve
from .simulator import Simulator

__all__ = ["Address", "Clock", "Options", "Simulator", "serve"]
