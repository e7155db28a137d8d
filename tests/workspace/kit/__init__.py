"""Block Kit as Slack checks it: what it refuses here, the bot would be refused there."""
