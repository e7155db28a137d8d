"""The flow from a symptom to an answer, the verdict on each entry, and the report that every door shows."""
