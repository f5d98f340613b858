"""How fast a tenant may be asked about subscriptions, over all replicas (graph-notifications §7, §8.2)."""

from datetime import timedelta
from typing import Final, Literal

Lane = Literal["call", "list"]

# Graph allows an app in a tenant 500 writes and 500 reads in 20 s, and 25 pages of the list.
SPACING: Final[dict[Lane, timedelta]] = {
    "call": timedelta(milliseconds=50),
    "list": timedelta(milliseconds=1_500),
}
LONGEST_WAIT: Final = timedelta(seconds=5)  # for a turn: a pass holds a lease meanwhile
CROWDED: Final = timedelta(seconds=2)  # waits longer than this keep new passes from being begun
HELD_UP: Final = timedelta(seconds=10)  # after a 429 that does not say how long
# A create has Graph challenge both of our addresses: sixty in a second from each replica. Over three replicas it is also
# below the 2,000 in 20 s that Graph allows an app over all tenants.
PROCESS_SPACING: Final = 1 / 30  # seconds
