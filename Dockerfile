# The bot as an image: CPU torch, the index built in, nothing to write but the data directory and /tmp.
#   docker build -t netclinic .
#   docker run --read-only --tmpfs /tmp -v netclinic:/var/lib/netclinic -v ~/.kube/config:/etc/netclinic/kubeconfig:ro \
#     -e KUBECONFIG=/etc/netclinic/kubeconfig -e SLACK_BOT_TOKEN -e SLACK_APP_TOKEN netclinic
ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON} AS build
# PyPI's torch brings gigabytes of CUDA; PyTorch's own index has the CPU build of the same version.
ARG PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 HF_HUB_OFFLINE=1
WORKDIR /source
COPY constraints.txt locked.txt pyproject.toml README.md LICENSE ./
COPY knowledge knowledge
COPY index index
COPY bot bot
COPY tests/eval tests/eval
RUN python -m venv /opt/netclinic && /opt/netclinic/bin/pip install --require-hashes --no-deps -r locked.txt \
    && /opt/netclinic/bin/pip install -c constraints.txt .
# From here, so that what is imported is what was installed.
WORKDIR /opt/netclinic
RUN NETCLINIC_INDEX_DIR=/opt/netclinic/index NETCLINIC_DATA_DIR=/tmp/netclinic bin/netclinic index build

FROM ${PYTHON}
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /tmp netclinic \
    && install --directory --owner=10001 --group=10001 /var/lib/netclinic
COPY --from=build /opt/netclinic /opt/netclinic
ENV PATH=/opt/netclinic/bin:$PATH \
    HOME=/tmp MPLCONFIGDIR=/tmp/matplotlib HF_HUB_OFFLINE=1 ORT_DISABLE_TELEMETRY=1 HF_HUB_DISABLE_TELEMETRY=1 DO_NOT_TRACK=1 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    NETCLINIC_DATA_DIR=/var/lib/netclinic NETCLINIC_INDEX_DIR=/opt/netclinic/index \
    NETCLINIC_HEALTH_ADDRESS=0.0.0.0:8080
WORKDIR /tmp
USER 10001:10001
VOLUME /var/lib/netclinic
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["netclinic"]
CMD ["serve"]
