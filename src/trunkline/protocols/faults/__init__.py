"""What an upstream said or did instead of answering: read, classified once, and cleaned for others to see."""
