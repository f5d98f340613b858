"""Clients that ask Entra for the same token again and again.

Seen: 15 requests in five minutes for clients that keep a cookie (azure-docs, breaking changes of March 2019);
to client credentials a bare 429 (learn.microsoft.com/entra/msal/dotnet/advanced/client-and-server-throttling,
AzureAD/microsoft-authentication-library-for-dotnet#2855). UNVERIFIED: how many are too many for these.
"""

import msgspec

from .options import Options
from .refusals import refuse
from .tenants import Tenant
from .throttling import Limit, Windows
from .wire import Answer, Call, query_of

_SECONDS = 300.0


class Loops:
    """Counts equal requests, refused ones too."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._windows = Windows()

    def stopped(self, call: Call, tenant: Tenant) -> Answer | None:
        """The answer to one request too many, None to any before; raises AadstsError."""
        most = self._options.loop_requests
        if most is None or not self._options.throttle:
            return None
        form = query_of(call.body.decode("utf-8", "replace"))
        client = form.get("client_id") or call.headers.get("authorization", "")
        key = (tenant.id, client, form.get("scope", ""))
        if self._windows.spend(key, Limit(most, _SECONDS), 1, call.now).share <= 1:
            return None
        if self._options.loop_answer == "50196":
            refuse(50196)
        # No JSON: msal cannot read it.
        text = msgspec.Raw(b"Too Many Requests")
        return Answer(429, text, {"Retry-After": "60", "Content-Type": "text/plain"})
