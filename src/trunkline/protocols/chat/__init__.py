"""OpenAI Chat Completions, in OpenRouter's dialect towards clients and in the field's dialects towards upstreams."""
