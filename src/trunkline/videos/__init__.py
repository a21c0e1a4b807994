"""Video jobs as they are kept (inference.md 25): submitted, asked after, done, told."""
