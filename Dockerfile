# The bot as an image: the wheel with its built index, nothing to write but the data directory and /tmp.
#   docker build -t netclinic --build-arg VERSION=0.1.0 --build-arg REVISION="$(git rev-parse HEAD)" .
#   docker run --read-only --tmpfs /tmp -v netclinic:/var/lib/netclinic -v ~/.kube/config:/etc/netclinic/kubeconfig:ro \
#     -e KUBECONFIG=/etc/netclinic/kubeconfig -e SLACK_BOT_TOKEN -e SLACK_APP_TOKEN netclinic
# It runs as user 10001, who has to be able to read the kubeconfig: a copy of its own, or --user with a data folder of yours.
# The base image is held by its digest: the tag's, for all platforms, of 2026-09-21 (Docker Hub). Newer, with Debian's fixes since:
#   docker buildx imagetools inspect python:3.11-slim-bookworm    and    --build-arg PYTHON=python:3.11-slim-bookworm@sha256:…
# More of Debian's packages, such as PostgreSQL's client programs for `netclinic database backup`: --build-arg PACKAGES=postgresql-client
ARG PYTHON=python:3.11-slim-bookworm@sha256:a36c24f9cbdf4fd0f52d67f0823eeac19c2028c637cecc392d97f980d4fec56b

# Packages in front of the code: these layers stay, here and where the image is pulled, while only the code changes.
FROM ${PYTHON} AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 HF_HUB_OFFLINE=1
WORKDIR /source
COPY locked.txt locked-pictures.txt locked-traces.txt ./
RUN python -m venv /opt/netclinic \
    && /opt/netclinic/bin/pip install --require-hashes --no-deps -r locked.txt -r locked-pictures.txt -r locked-traces.txt

FROM packages AS build
COPY locked-index.txt ./
RUN python -m venv /opt/build && /opt/build/bin/pip install --require-hashes --no-deps -r locked.txt -r locked-index.txt
COPY pyproject.toml README.md LICENSE ./
COPY deploy deploy
COPY knowledge knowledge
COPY index index
COPY bot bot
RUN PYTHONPATH=/source /opt/build/bin/python deploy/shipped_index.py build/index \
    && /opt/build/bin/pip wheel --no-build-isolation --no-deps --wheel-dir dist .

FROM ${PYTHON}
ARG PACKAGES=
RUN test -z "$PACKAGES" || { apt-get -qq update && apt-get -qq install --yes --no-install-recommends $PACKAGES && rm -rf /var/lib/apt/lists/*; }
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /tmp netclinic \
    && install --directory --owner=10001 --group=10001 /var/lib/netclinic
COPY --from=packages /opt/netclinic /opt/netclinic
RUN --mount=type=bind,from=build,source=/source,target=/source \
    /opt/netclinic/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps /source/dist/*.whl \
    && /opt/netclinic/bin/python /source/deploy/sbom.py > /opt/netclinic/share/netclinic/sbom.json
ENV PATH=/opt/netclinic/bin:$PATH \
    HOME=/tmp MPLCONFIGDIR=/tmp/matplotlib HF_HUB_OFFLINE=1 ORT_DISABLE_TELEMETRY=1 HF_HUB_DISABLE_TELEMETRY=1 DO_NOT_TRACK=1 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    NETCLINIC_DATA_DIR=/var/lib/netclinic \
    NETCLINIC_HEALTH_ADDRESS=0.0.0.0:8080
WORKDIR /tmp
USER 10001:10001
VOLUME /var/lib/netclinic
EXPOSE 8080
# As Kubernetes' liveness probe: an outage of Slack's or of the database is mended by no restart.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:8080/livez', timeout=4)"]
ENTRYPOINT ["netclinic"]
CMD ["serve"]
ARG VERSION=0.1.0
ARG REVISION=
LABEL org.opencontainers.image.title="netclinic" \
    org.opencontainers.image.description="From a network symptom on an Alibaba Cloud ACK cluster to a confirmed diagnosis with its steps" \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}"
