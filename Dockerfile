# The service and its archive: no compiler, no torch, no spaCy, no root.  One stage, since nothing is built here that a
# second one would leave behind.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    BAOSHU_HOST=0.0.0.0 BAOSHU_PORT=8000 BAOSHU_ARCHIVE=sqlite:////var/lib/baoshu/baoshu.db

WORKDIR /opt/baoshu
COPY pyproject.toml README.md LICENSE ./
COPY service ./service
COPY training/__init__.py ./training/__init__.py
# Editable, so that the code finds models/ beside itself as it does in a checkout.  A volume takes over the owner of the
# folder that it is first laid on.
RUN pip install --no-cache-dir --editable '.[postgres,segment]' \
    && useradd --system --uid 10001 --no-create-home baoshu \
    && install --directory --owner=baoshu --mode=750 /var/lib/baoshu
COPY models ./models

USER baoshu
VOLUME /var/lib/baoshu
EXPOSE 8000
# Others can reach it, so it does not start before there is a key: baoshu keys add NAME --scope admin
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD python -c "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/health/ready', timeout=4)"
CMD ["baoshu", "serve"]
