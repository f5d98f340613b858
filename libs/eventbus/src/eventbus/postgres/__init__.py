"""The bus on queue tables of one Postgres: for standalone, where it replaces the broker."""

from importlib.resources import files
from typing import Final

from .bus import open_postgres_bus

SCHEMA: Final = files(__package__).joinpath("schema.sql").read_text()

__all__ = ["SCHEMA", "open_postgres_bus"]
