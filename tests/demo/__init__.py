"""netclinic in a local workspace, on saved clusters: all but Slack and the clusters is as in production."""
