"""What goes wrong and can be put right by the person at the keyboard."""


class UserError(Exception):
    """The message says what was found and what to do."""
