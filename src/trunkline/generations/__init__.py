"""Records of what was generated: one row for each request that reached routing."""
