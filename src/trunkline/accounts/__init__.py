"""Who calls: accounts, workspaces, keys."""
