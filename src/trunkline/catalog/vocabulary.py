"""The fixed words of the catalog: protocols, modalities (`data/README.md`)."""

from collections.abc import Iterable
from difflib import get_close_matches

PROTOCOLS = frozenset(
    {
        "openai-chat",
        "openai-responses",
        "openai-embeddings",
        "openai-images",
        "xai-images",
        "dashscope-images",
        "bfl-images",
        "openai-videos",
        "google-veo",
        "vertex-veo",
        "xai-videos",
        "dashscope-videos",
        "minimax-videos",
        "minimax-videos-v2",
        "bfl-videos",
        "openai-audio",
        "xai-speech",
        "minimax-speech",
        "mistral-speech",
        "dashscope-speech",
        "dashscope-transcription",
        "google-speech",
        "openai-realtime",
        "anthropic-messages",
        "google-gemini",
        "vertex-gemini",
        "vertex-anthropic",
        "vertex-openai",
        "bedrock-converse",
        "bedrock-invoke",
        "cohere-v2",
        "mistral",
        "azure-openai",
        "voyage",
        "deepgram",
        "native",
    }
)

INPUT_MODALITIES = frozenset({"text", "image", "file", "audio", "video"})
OUTPUT_MODALITIES = frozenset({"text", "image", "embeddings", "audio", "video", "rerank", "speech", "transcription"})

QUANTIZATIONS = frozenset({"int4", "int8", "fp4", "mxfp4", "nvfp4", "fp6", "fp8", "mxfp8", "fp16", "bf16", "fp32"})

UNITS = frozenset(
    {
        "second",
        "minute",
        "hour",
        "image",
        "megapixel",
        "character",
        "utf8_byte",
        "search_unit",
        "song",
        "generation",
        "video",
        "token",
    }
)

TOKENIZERS = frozenset(
    {
        "Router",
        "Media",
        "Other",
        "GPT",
        "Claude",
        "Gemini",
        "Gemma",
        "Grok",
        "Cohere",
        "Nova",
        "Qwen",
        "Yi",
        "DeepSeek",
        "Mistral",
        "Llama2",
        "Llama3",
        "Llama4",
        "PaLM",
        "RWKV",
        "Qwen3",
    }
)

INSTRUCT_TYPES = frozenset(
    {
        "none",
        "airoboros",
        "alpaca",
        "alpaca-modif",
        "chatml",
        "claude",
        "code-llama",
        "gemma",
        "llama2",
        "llama3",
        "mistral",
        "nemotron",
        "neural",
        "openchat",
        "phi3",
        "rwkv",
        "vicuna",
        "zephyr",
        "deepseek-r1",
        "deepseek-v3.1",
        "qwq",
        "qwen3",
    }
)

RESERVED_AUTHORS = frozenset(
    {
        *("activity", "admin", "announcements", "api", "apps", "auth", "benchmarks", "chat", "collections", "compare"),
        *("credits", "design", "docs", "fusion", "healthz", "keys", "labs", "logs", "metrics"),
        *("models", "preferences", "pricing", "provider", "providers", "rankings", "readyz", "request-builder"),
        *("search", "settings", "share", "sign-in", "sign-out", "static", "status", "v1"),
        "workspaces",
    }
)
"""First segments of the site's own addresses (site.md SH-07): a model of such an author would have no page."""

EFFORTS = ("max", "xhigh", "high", "medium", "low", "minimal", "none")
"""Reasoning efforts, most first."""


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean "…"?` for a misspelt word, nothing when no known word is near."""
    near = get_close_matches(word, list(known), n=1)
    return f'; did you mean "{near[0]}"?' if near else ""
