"""Values as people read them (site.md 0.4); no other place turns a number into text for a page."""
