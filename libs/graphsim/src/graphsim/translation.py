"""`translateExchangeIds`: ids of one form in the other (graph-calendar §1.2)."""

from .mailboxes import Mailbox
from .wire import Refused

_FORMS = ("restId", "restImmutableEntryId")
_MOST = 1000


def translated(mailbox: Mailbox, body: object) -> list[dict[str, object]]:
    """What each of the body's `inputIds` is in the wanted form, in their order; raises Refused.

    An id that this mailbox has not made comes back without `targetId`; that Graph answers so is
    unproven, and so are the forms of other protocols, which are refused with 501.
    """
    try:
        ids, source, target = _read(body)
    except (KeyError, TypeError):
        raise Refused(400, "RequestBodyRead", "The request's body is not readable.") from None
    if len(ids) > _MOST:
        raise Refused(400, "ErrorInvalidRequest", f"At most {_MOST} ids are converted at once.")
    if source not in _FORMS or target not in _FORMS:
        raise Refused(501, "NotImplemented", f"graphsim converts between {' and '.join(_FORMS)}.")
    rows = []
    for text in ids:
        row: dict[str, object] = {"sourceId": text}
        read = mailbox.mint.read(text)
        if read is None or read[1] != (source == "restImmutableEntryId"):
            row["errorDetails"] = {"code": "ErrorInvalidIdMalformed", "message": "Id is malformed."}
        elif target == "restImmutableEntryId":
            row["targetId"] = mailbox.mint.immutable(read[0])
        else:
            row["targetId"] = mailbox.mint.regular(mailbox.resolve(read[0], immutable=read[1]))
        rows.append(row)
    return rows


def _read(body: object) -> tuple[list[str], str, str]:
    if not isinstance(body, dict) or not isinstance(body["inputIds"], list):
        raise TypeError
    ids = [str(one) for one in body["inputIds"]]
    return ids, str(body["sourceIdType"]), str(body["targetIdType"])
