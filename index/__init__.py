"""Finding entries: encoder, lexical side, FAISS index and the calibrated search that joins them."""
