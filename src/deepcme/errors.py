"""The one exception that means: the input, not the program, needs attention."""


class DeepCMEError(ValueError):
    """A problem the user can mend, told in one sentence.

    The command line prints the sentence and exits with code 2; Python users
    can catch it as a `ValueError`.
    """


class AbsentError(DeepCMEError):
    """What these data do not have, and why: a report says so and goes on without it."""
