"""One file for each revision, named `<revision>_<subject>.py`."""
