"""All clusters side by side: each looked at by itself, what is not well told in short, the daily digest's schedule."""
