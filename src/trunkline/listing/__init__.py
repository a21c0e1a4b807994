"""What the instance lists: its models as rows, filtered and sorted. The API and the site read the same rows."""
