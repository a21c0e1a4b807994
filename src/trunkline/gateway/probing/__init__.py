"""What a provider really does, asked with the cheapest requests that show it: for `trunkline catalog probe`, and for
whoever tries a provider key out on the site."""
