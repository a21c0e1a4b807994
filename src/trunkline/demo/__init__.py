"""An instance filled with made-up traffic, so that its pages can be looked at; labelled as such everywhere."""
