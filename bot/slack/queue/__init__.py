"""The durable job queue: what Slack was told "received" is stored first and done once, in remembered steps (DBOS)."""
