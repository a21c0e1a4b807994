"""The list of models: what it is asked, what may be chosen, how rows look."""
