# Two stages: the first builds, the second holds only what runs.
FROM python:3.13-slim AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /app
# What we depend on is pinned with hashes; a package that was swapped does not install.
COPY requirements.lock ./
RUN /app/bin/pip install --require-hashes --only-binary :all: -r requirements.lock
COPY pyproject.toml README.md LICENSE manifest.yml ./
COPY bot bot
COPY providers providers
RUN /app/bin/pip install --no-deps .

FROM python:3.13-slim
# A numeric user, so that Kubernetes can see that it is not root.
RUN install -d -o 10001 -g 10001 -m 0700 /data
COPY --from=build /app /app
USER 10001:10001
WORKDIR /data
VOLUME /data
ENV PATH=/app/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    STREAM_BOT_CONFIG=/etc/stream-bot/stream-bot.toml
# In the configuration: [database] url = "sqlite:////data/stream-bot.db", and for a probe from
# outside the container [http] admin = "0.0.0.0:3001" (and listen = "0.0.0.0:3000" in http mode).
EXPOSE 3000 3001
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:3001/healthz', timeout=2)"]
ENTRYPOINT ["stream-bot"]
CMD ["run"]
