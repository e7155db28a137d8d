"""How dear a question is on a large cluster; never asserted, only printed."""
