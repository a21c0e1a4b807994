"""Where a request goes and how it is signed: providers enabled on this instance, and the built-in Sandbox."""
