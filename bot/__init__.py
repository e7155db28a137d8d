"""Using it: reading the cluster, judging entries, and the doors (terminal, Slack) through which people ask."""
