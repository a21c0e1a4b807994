"""The data plane: one client request to one provider answer, metered. `pipeline.py` reads from top to bottom."""
