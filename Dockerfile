# The runtime alone: no compiler, no torch, no spaCy, no root.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 BAOSHU_HOST=0.0.0.0 BAOSHU_PORT=8000

WORKDIR /opt/baoshu
COPY pyproject.toml README.md LICENSE ./
COPY service ./service
COPY training/__init__.py ./training/__init__.py
# Editable, so that the code finds models/ beside itself as it does in a checkout.
RUN pip install --no-cache-dir --editable . && useradd --system --no-create-home baoshu
COPY models ./models

USER baoshu
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD python -c "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/health/ready', timeout=4)"
CMD ["baoshu", "serve"]
