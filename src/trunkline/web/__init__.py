"""The site: HTML for people, rendered on the server, complete without scripts."""
