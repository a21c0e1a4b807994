"""`trunkline serve` under the hood: listening, the HTTP server and its bounds, the end, what the terminal says."""
