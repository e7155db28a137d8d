"""Reading Alibaba Cloud's OpenAPI: what Kubernetes cannot show. Off unless ``NETCLINIC_CLOUD`` is on.

It knows nothing of Kubernetes: ``bot/cluster/facts/cloud.py`` tells which region, VPC or vSwitch is meant. The SDK is
imported when the first call is made (``transport.py``), and nothing but reads leaves (``requests.refuse_writes``).
"""
