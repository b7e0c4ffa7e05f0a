"""Errors that are meant for people."""

__all__ = ["UserError"]


class UserError(ValueError):
    """Something a person gave is not usable: the message says what came, what was expected, how to mend it.

    The command line prints the message as one line and exits with status 2.
    """
