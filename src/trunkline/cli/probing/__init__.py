"""`trunkline catalog probe`: what a provider really does, asked with the cheapest requests that show it."""
