"""The banner for administrators: one row is read for it."""

from collections.abc import Callable
from datetime import datetime

from ..domain.alerts import Alert, alert_of
from ..domain.caller import Acting
from .records import IntegrationSeen


class Alerts:
    """Looks whether there is something that every page should say."""

    def __init__(self, integrations: IntegrationSeen, clock: Callable[[], datetime]) -> None:
        self._integrations = integrations
        self._clock = clock

    async def of(self, by: Acting) -> Alert | None:
        """Return what to say, None as a rule."""
        saved = await self._integrations.load(by.organisation_id)
        return alert_of(saved, self._clock()) if saved is not None else None
