"""Reading clusters: the only place that knows the Kubernetes client."""
