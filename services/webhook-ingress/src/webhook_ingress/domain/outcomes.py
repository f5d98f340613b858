"""Everything that can become of a request or of one item in it: the labels of the ingress's one metric."""

from typing import Literal, TypeAlias

ItemOutcome: TypeAlias = Literal[
    "forged",  # no clientState, or one that we did not seal
    "wrong_tenant",  # sealed for another tenant than the item names
    "forged_token",  # carries encrypted content, and beside it lies a token that Graph never made
    "lifecycle_unknown",  # a lifecycle event we have no name for
    "meaningless",  # authentic, but neither a change nor a lifecycle event with a usable id
    "change",  # confirmed
    "enclosed",  # of these, those that went with their encrypted content
    "unproven",  # of these, those whose content was left behind, nothing proving that Graph sent it
    "lifecycle",  # confirmed
]
RequestOutcome: TypeAlias = Literal[
    "validated",
    "validation_too_long",
    "accepted",
    "unconfirmed",
    "malformed",
    "oversized",
    "encoded",
    "slow",
    "broken",
]
