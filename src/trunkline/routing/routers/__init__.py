"""Router models: ids that stand for a choice among models (routing-and-catalog.md 12). Pure."""
