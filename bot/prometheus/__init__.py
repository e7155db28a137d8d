"""Reading a Prometheus that watches the cluster's nodes: the further witness for what Kubernetes does not show.

It is asked only where ``NETCLINIC_PROMETHEUS_URL`` names one, over its HTTP API
(https://prometheus.io/docs/prometheus/latest/querying/api/), GET alone. Queries are made from the names of metrics;
nothing else can be asked.

- ``config``: which Prometheus a cluster has, and how it is spoken to
- ``transport``: one request, and every failure as one sentence
- ``reader``: budget, cache, observers; the few queries that there are
- ``series``: what the API replies, taken apart
- ``node_series``: which node of the cluster a series is of
- ``trend``: whether a gauge rises, and since when it is high
"""
