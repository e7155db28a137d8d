# The bot as an image: the wheel with its built index, nothing to write but the data directory and /tmp.
#   docker build -t netclinic --build-arg VERSION=0.1.0 --build-arg REVISION="$(git rev-parse HEAD)" .
#   docker run --read-only --tmpfs /tmp -v netclinic:/var/lib/netclinic -v ~/.kube/config:/etc/netclinic/kubeconfig:ro \
#     -e KUBECONFIG=/etc/netclinic/kubeconfig -e SLACK_BOT_TOKEN -e SLACK_APP_TOKEN netclinic
# A tag can be moved: name the base image by its digest where you build, --build-arg PYTHON=python@sha256:…
ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 HF_HUB_OFFLINE=1
WORKDIR /source
# Packages in front of the code: these layers stay while only the code changes.
COPY locked.txt locked-pictures.txt locked-traces.txt locked-index.txt ./
RUN python -m venv /opt/netclinic \
    && /opt/netclinic/bin/pip install --require-hashes --no-deps -r locked.txt -r locked-pictures.txt -r locked-traces.txt
RUN python -m venv /opt/build && /opt/build/bin/pip install --require-hashes --no-deps -r locked.txt -r locked-index.txt
COPY pyproject.toml README.md LICENSE ./
COPY deploy deploy
COPY knowledge knowledge
COPY index index
COPY bot bot
RUN PYTHONPATH=/source /opt/build/bin/python deploy/shipped_index.py build/index \
    && /opt/build/bin/pip wheel --no-build-isolation --no-deps --wheel-dir dist . \
    && /opt/netclinic/bin/pip install --no-deps dist/*.whl \
    && /opt/netclinic/bin/python deploy/sbom.py > /opt/netclinic/share/netclinic/sbom.json

FROM ${PYTHON}
ARG VERSION=0.1.0
ARG REVISION=
LABEL org.opencontainers.image.title="netclinic" \
    org.opencontainers.image.description="From a network symptom on an Alibaba Cloud ACK cluster to a confirmed diagnosis with its steps" \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}"
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /tmp netclinic \
    && install --directory --owner=10001 --group=10001 /var/lib/netclinic
COPY --from=build /opt/netclinic /opt/netclinic
ENV PATH=/opt/netclinic/bin:$PATH \
    HOME=/tmp MPLCONFIGDIR=/tmp/matplotlib HF_HUB_OFFLINE=1 ORT_DISABLE_TELEMETRY=1 HF_HUB_DISABLE_TELEMETRY=1 DO_NOT_TRACK=1 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    NETCLINIC_DATA_DIR=/var/lib/netclinic \
    NETCLINIC_HEALTH_ADDRESS=0.0.0.0:8080
WORKDIR /tmp
USER 10001:10001
VOLUME /var/lib/netclinic
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["netclinic"]
CMD ["serve"]
