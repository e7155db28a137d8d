"""Slack's Web API: a client that keeps to Slack's pace, errors told apart, and messages that are posted once."""
