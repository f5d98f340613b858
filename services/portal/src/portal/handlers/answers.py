"""What Graph's refusals are to a diagnosis."""

from graphclient import GraphError, Malformed, Throttled, Unavailable

from ..domain import evidence


def passing(error: GraphError) -> evidence.Throttled | evidence.Unreachable | None:
    """What says nothing about settings, and may be gone in a minute; None for an answer that stands."""
    match error:
        case Throttled():
            return evidence.Throttled(error.retry_after, error.request_id)
        case Unavailable() | Malformed():
            return evidence.Unreachable(error.status, error.request_id)
        case _:
            return None


def refused(error: GraphError) -> evidence.CallRefused:
    """An answer that stands."""
    return evidence.CallRefused(error.status, error.code, error.request_id)
