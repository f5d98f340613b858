"""Messages that services and the platform exchange: models, names, ids."""

from .errors import Undecodable

__all__ = ["Undecodable"]
