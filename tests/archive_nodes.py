"""A Ray cluster of several nodes on this machine, for tests that end one: `python archive_nodes.py`.

Each node is a set of processes as on a machine of its own.  It obeys the lines of its standard input, and answers each
with a line: `add` (a node with one processor), `add ADDRESS` (one that has another address), `kill` (a node of the
first kind, the oldest, at once and without a word to anyone).  The first line that it writes is the cluster's address;
at the end of its input it takes everything down.
"""

from __future__ import annotations

import sys

from ray.cluster_utils import Cluster

STORE_BYTES = 80 * 1024 * 1024
# A node that is gone is missed within seconds; one that is slow has its time.
HEALTH = {
    "health_check_initial_delay_ms": 1000,
    "health_check_period_ms": 500,
    "health_check_failure_threshold": 4,
    "health_check_timeout_ms": 20_000,
}


def main() -> None:
    head = {"num_cpus": 0, "object_store_memory": STORE_BYTES, "include_dashboard": False, "_system_config": HEALTH}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    nodes = []
    try:
        print(cluster.address, flush=True)  # noqa: T201
        for line in sys.stdin:
            match line.split():
                case ["add"]:
                    nodes.append(cluster.add_node(num_cpus=1, object_store_memory=STORE_BYTES))
                case ["add", address]:
                    cluster.add_node(num_cpus=1, object_store_memory=STORE_BYTES, node_ip_address=address)
                case ["kill"]:
                    cluster.remove_node(nodes.pop(0), allow_graceful=False)
            print("done", flush=True)  # noqa: T201
    finally:
        cluster.shutdown()


if __name__ == "__main__":
    main()
