"""What a test run says when a server cannot be had."""


class ServerMissing(Exception):
    """No way to get the server worked; the text says what to install or to set."""
