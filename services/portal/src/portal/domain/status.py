"""One organisation's sync at a glance."""

from .integration import Status
from .rooms import State
from .wire import Resource, Time


class OrganisationStatus(Resource):
    """Integration status and how many rooms are in each state; `stream` tells whether events arrive here."""

    at: Time
    version: str
    integration: Status | None
    rooms: dict[State, int]
    stream: bool
