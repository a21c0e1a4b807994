"""The numbers behind routing and the site: sums of what was generated, measurements of who generated it."""
