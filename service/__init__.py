"""Baoshu's runtime."""

import os

# The official builds of onnxruntime (1.29 and later) report to their maker over the network and keep an id of the
# machine in the user's folder.  Nothing leaves the house here: this is read before onnxruntime begins, in this process
# and in those that it starts.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
