"""The flow from a symptom to an answer: which entries, what the cluster says of each, the verdict, and the report that every door shows."""
