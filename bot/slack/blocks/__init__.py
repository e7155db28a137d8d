"""What Slack shows: pure functions from plain records to Block Kit; within its limits, nothing cut silently."""
