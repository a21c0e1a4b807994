"""The composition root: the one place that knows every concrete class.

create_app(settings, environ) → Application: `await start()`, serve it as ASGI, `await stop()`

    services.py        what both planes stand on: database, shared state, configuration, statistics …
    data_plane.py      the pipeline and the generation endpoints in front of it
    control_plane.py   every other operation of the API, and the site
    watched.py         numbers that parts keep by themselves, for the metrics
    application.py     start, stop, reload, housekeeping
"""

from trunkline.app.application import Application, create_app

__all__ = ["Application", "create_app"]
