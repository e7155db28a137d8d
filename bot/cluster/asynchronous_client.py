"""The asynchronous half of the official Kubernetes client, without the other one.

Its package imports both, and for the other requests, urllib3 and oauthlib: a tenth of a second at each start, for
nothing. So the package is there without having been run, and what is needed of it is imported below it as ever.
"""

import sys
from importlib.util import find_spec, module_from_spec

if "kubernetes" not in sys.modules and (_spec := find_spec("kubernetes")):
    sys.modules["kubernetes"] = module_from_spec(_spec)

from kubernetes.aio.client.api_client import ApiClient
from kubernetes.aio.client.configuration import Configuration
from kubernetes.aio.config import ConfigException, load_incluster_config
from kubernetes.aio.config.exec_provider import ExecProvider
from kubernetes.aio.config.kube_config import KubeConfigLoader, KubeConfigMerger

__all__ = [
    "ApiClient",
    "ConfigException",
    "Configuration",
    "ExecProvider",
    "KubeConfigLoader",
    "KubeConfigMerger",
    "load_incluster_config",
]
