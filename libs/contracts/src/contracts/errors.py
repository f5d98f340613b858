"""What a reader of messages may have to handle."""


class Undecodable(Exception):
    """A body that is not the message it should be; `reason` names the field, never its value."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
