"""Messages that services and the platform exchange: models, names, ids."""

from .cloudevents import CONTENT_TYPE, CloudEvent
from .errors import Undecodable

__all__ = ["CONTENT_TYPE", "CloudEvent", "Undecodable"]
