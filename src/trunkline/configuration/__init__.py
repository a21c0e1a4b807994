"""From file and environment to `Settings`: sources, errors with line and nearest key, the published schema."""
