"""One organisation's sync at a glance."""

from .integration import Status
from .rooms import State
from .sealed import KeyRotation
from .wire import Resource, Time


class OrganisationStatus(Resource):
    """Integration status and how many rooms are in each state; `stream` tells whether events arrive here.

    `secret_keys`, for the operator alone, is about the whole deployment.
    """

    at: Time
    version: str
    integration: Status | None
    rooms: dict[State, int]
    stream: bool
    secret_keys: KeyRotation | None = None
