# The command in a container: docker build -t deepcme . && docker run --rm -v "$PWD:/work" deepcme run
# Not run here: no registry of images is within reach.
FROM python:3.11-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends g++ && rm -rf /var/lib/apt/lists/*
COPY . /source
RUN pip wheel --no-cache-dir --wheel-dir /wheels /source

FROM python:3.11-slim
# libgomp: the native engine's threads.
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*
RUN --mount=from=build,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-index --find-links /wheels deepcme
RUN useradd --create-home deepcme && mkdir /work && chown deepcme /work
USER deepcme
WORKDIR /work
ENTRYPOINT ["deepcme"]
