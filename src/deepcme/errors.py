"""The one exception that means: the input, not the program, needs attention."""


class DeepCMEError(ValueError):
    """A problem the user can mend, told in one sentence.

    The command line prints the sentence and exits with code 2; Python users
    can catch it as a `ValueError`.
    """
