"""Slack: one more door to the clinic, with its own listeners, durable work and pages."""
