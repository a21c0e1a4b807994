"""What an account allows and its workspaces prefer, for every request (accounts-and-governance.md 9.1, 13)."""
