"""Finding entries: encoder, lexical side, FAISS index and the calibrated search that joins them."""

import os

# No data leaves: the libraries used here would call their makers (onnxruntime does so by default, and keeps a device id
# in the user's cache). It has to be said before any of them is imported.
for _switch in ("ORT_DISABLE_TELEMETRY", "HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
    os.environ[_switch] = "1"
