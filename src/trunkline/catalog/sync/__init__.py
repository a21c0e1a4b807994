"""Taking over facts from elsewhere: a public listing of models, or another gateway's `/models`.

listings     bytes of either → what is offered where         comparison   what differs from the catalog
revision     the differences that were accepted → entries    `catalog/synced.py` keeps those
"""
