"""Google Gemini's generateContent, towards upstreams (inference.md 30, column "Gemini")."""
