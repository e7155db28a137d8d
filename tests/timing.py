"""A bot that waits less than in production, for tests of everything but its waiting."""

from bot.slack.timing import Timing

# How long it takes until others are given up, or people told of trouble, stays: a busy machine needs that time.
QUICK = Timing(
    message_spacing=0.05,
    update_spacing=0.1,
    private_patience=60.0,  # a busy machine's
    status_patience=60.0,  # a busy machine's: what is shown in place of a status is tested by itself
    acknowledge=60.0,  # the same
    cleanup_pauses=(0.2, 0.4, 0.8),
    first_retry=0.1,
    longest_retry=1.0,
    first_reconnect=0.1,
    poll=0.05,
    engine_poll=0.02,
    draining=3.0,
    closing=1.0,
    first_verification=3600.0,
    first_access_look=3600.0,  # its requests and records would stand among those that tests count
)
