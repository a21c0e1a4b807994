"""Credentials that are no plain key: AWS, Google and Entra, each on its vendor's own library, imported on first use."""
