"""What can go wrong with Graph and Entra, named for what the caller can do about it."""

from typing_extensions import override


class GraphError(Exception):
    """A call to Graph or Entra that brought no usable answer."""

    def __init__(
        self,
        message: str = "",
        *,
        request_id: str | None = None,
        status: int | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message or self.__class__.__name__)
        self.request_id = request_id
        self.status = status
        self.code = code

    @override
    def __str__(self) -> str:
        known = {"status": self.status, "code": self.code, "request": self.request_id}
        evidence = ", ".join(
            f"{name} {value}" for name, value in known.items() if value is not None
        )
        text = super().__str__()
        return f"{text} ({evidence})" if evidence else text


class TryLater(GraphError):
    """Not now: come back after `retry_after` seconds, or back off where it is None."""

    def __init__(
        self,
        message: str = "",
        *,
        retry_after: float | None = None,
        request_id: str | None = None,
        status: int | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message, request_id=request_id, status=status, code=code)
        self.retry_after = retry_after


class Throttled(TryLater):
    """Asked too often."""


class Unavailable(TryLater):
    """No answer, or one that says the service is in trouble."""


class NotFound(GraphError):
    """There is no such event, subscription, user or mailbox (any more)."""


class Forbidden(GraphError):
    """The token does not allow this: consent missing, or the mailbox lies outside the app's scope.

    Status 401 and 403 alike: Graph answers a token without roles with either (graph-calendar §2.8).
    """


class MailboxUnsupported(GraphError):
    """The mailbox is on-premises, unlicensed, inactive or missing: asking again soon is of no use."""


class CredentialsRejected(GraphError):
    """Entra gives no token for these credentials; `aadsts` is its number where it names one.

    `error` is the OAuth word and `description` Entra's text with the secret blanked out.
    """

    def __init__(
        self,
        *,
        aadsts: int | None,
        error: str,
        description: str,
        request_id: str | None = None,
        status: int | None = None,
    ) -> None:
        code = f"AADSTS{aadsts}" if aadsts is not None else error
        super().__init__(
            "Entra rejects the credentials", request_id=request_id, status=status, code=code
        )
        self.aadsts = aadsts
        self.error = error
        self.description = description


class SignInDenied(GraphError):
    """Microsoft lets nobody in: cancelled, not consented, blocked. `error` is the OAuth word."""

    def __init__(self, *, error: str) -> None:
        super().__init__("Microsoft says no to the sign-in")
        self.error = error


class SignInStale(GraphError):
    """What came back does not belong to the sign-in that began here, was used, or is too old: begin again."""


class Conflict(GraphError):
    """Something like it exists already; `existing_id` where the answer tells which."""

    def __init__(
        self,
        message: str = "",
        *,
        existing_id: str | None = None,
        request_id: str | None = None,
        status: int | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message, request_id=request_id, status=status, code=code)
        self.existing_id = existing_id


class Changed(GraphError):
    """The event is not in the state we read: read it again and decide anew."""


class Rejected(GraphError):
    """Graph refuses this request as it is: repeating it unchanged will not help."""


class ExpiryTooLate(Rejected):
    """A subscription may not live that long: `most_minutes` is as far ahead as its expiry may lie."""

    def __init__(
        self,
        message: str = "",
        *,
        most_minutes: int,
        request_id: str | None = None,
        status: int | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message, request_id=request_id, status=status, code=code)
        self.most_minutes = most_minutes


class Malformed(GraphError):
    """An answer or a delivery that we refuse to read."""
