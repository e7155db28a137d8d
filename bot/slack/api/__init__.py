"""Slack's Web API: one client that keeps to Slack's pace, errors that can be told apart, and messages that are posted once."""
