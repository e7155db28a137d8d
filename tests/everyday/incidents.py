"""The incidents, by what breaks; healthy look-alikes are in ``look_alikes.py``."""

from tests.everyday.incident import Incident
from tests.everyday.network_incidents import NETWORK_INCIDENTS
from tests.everyday.service_incidents import SERVICE_INCIDENTS
from tests.everyday.workload_incidents import WORKLOAD_INCIDENTS

INCIDENTS: list[Incident] = [*SERVICE_INCIDENTS, *WORKLOAD_INCIDENTS, *NETWORK_INCIDENTS]
