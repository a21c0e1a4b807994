"""Files of a workspace: received, recognised by their contents, kept in a folder or a bucket, read for requests."""
