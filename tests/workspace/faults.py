"""Slack on a bad day: calls that fail, hang or break off, even after they were carried out.

The nasty one is a call that Slack accepted and whose reply never arrives: whoever posts again then says it all twice.
"""

from dataclasses import dataclass

HOWS = ("drop", "status", "ratelimited", "refused", "hang", "late")


@dataclass
class Fault:
    """How calls of ``method`` (``*`` for all) fail, ``times`` more often (None: until healed).

    ``accepted`` lets the call be carried out first. ``drop`` closes the connection without a reply, ``status`` answers
    with that HTTP status, ``refused`` with that ``error``, ``ratelimited`` with 429 and ``retry_after`` seconds,
    ``hang`` never answers, ``late`` carries the call out after so many seconds.
    """

    method: str
    how: str
    accepted: bool = False
    status: int = 503
    retry_after: int = 1
    times: int | None = 1
    error: str = "unknown_method"

    def __post_init__(self) -> None:
        if self.how not in HOWS:
            raise ValueError(f"a call can fail as {', '.join(HOWS)}, not as {self.how!r}")


class Faults:
    """The faults that wait for their calls, first come, first served."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self.waiting.append(fault)

    def heal(self) -> None:
        self.waiting.clear()

    def take(self, method: str) -> Fault | None:
        """The fault that this call meets, used up by one; None when the call goes well."""
        for fault in self.waiting:
            if fault.method in (method, "*"):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self.waiting.remove(fault)
                return fault
        return None
