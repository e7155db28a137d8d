"""How long a serving process waits, in seconds: for Slack's pace, for what is away, for others that may have died.

One object is given to the queue and to whatever speaks with Slack, so that tests can be quicker than Slack and people.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """The defaults are those of production.

    Slack's pace: ``message_spacing`` lies between the end of a message and the next in its channel, ``update_spacing``
    between two changes of one message. ``cleanup_pauses`` come before each look for what Slack did after it was given
    up; Slack's own time-outs are shorter. An answer waits ``status_patience`` at most for Slack to take a status;
    who alone sees it is told after ``private_patience`` that it is on its way.

    What is pressed, typed or submitted is stored and acknowledged within ``acknowledge``: Slack waits three seconds,
    and then says only that something failed.

    Signs of life: one every ``heartbeat``; work goes on for ``lease`` after the last one, and is taken over after
    ``takeover``. A request to Slack fits between both. After ``doubt`` people are told that the database is silent.

    What is away is tried again after ``first_retry``, doubled up to ``longest_retry``, for ``give_up`` in all.
    ``first_reconnect`` is the same for the line to Slack, and the pause between two looks at it.
    Clusters are asked what may be read ``first_access_look`` after the start, with ``access_patience``; where they did
    not answer again every ``access_retry``, and all of them every ``access_refresh``.
    At the end: ``draining`` is what jobs under way have to be done, ``closing`` what the steps of the others then have,
    and ``farewell`` what it may take to tell their threads. All of it fits well into the 30 s that Kubernetes gives.
    A watched case is looked at again every ``watch_every``, for ``watch_for`` at most.
    The audit log is verified ``first_verification`` after the start, and every ``verify_every`` from then on.
    ``poll`` lies between two looks at what another process does.
    """

    message_spacing: float = 1.0
    update_spacing: float = 1.2
    status_patience: float = 1.5
    private_patience: float = 2.0
    cleanup_pauses: tuple[float, ...] = (5.0, 20.0, 60.0, 180.0, 600.0)
    acknowledge: float = 2.2
    heartbeat: float = 5.0
    lease: float = 20.0
    takeover: float = 30.0
    doubt: float = 10.0
    first_retry: float = 0.5
    longest_retry: float = 30.0
    give_up: float = 3600.0
    first_reconnect: float = 1.0
    draining: float = 10.0
    closing: float = 3.0
    farewell: float = 3.0
    first_access_look: float = 1.0
    access_patience: float = 20.0
    access_retry: float = 300.0
    access_refresh: float = 3600.0
    first_verification: float = 600.0
    verify_every: float = 21600.0
    watch_every: float = 120.0
    watch_for: float = 3600.0
    poll: float = 0.25
    engine_poll: float = 1.0


PRODUCTION = Timing()
