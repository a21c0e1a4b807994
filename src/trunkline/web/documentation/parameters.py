"""What the parameters of models do, in a sentence each, for the API tab (site.md MP-11)."""

from collections.abc import Mapping

ABOUT: Mapping[str, str] = {
    "frequency_penalty": "Makes a token less likely the more often it was used.",
    "include_reasoning": "Whether the answer contains what the model thought.",
    "logit_bias": "Makes single tokens more or less likely.",
    "logprobs": "Whether the answer says how likely each of its tokens was.",
    "max_completion_tokens": "The most that may be written, reasoning included.",
    "max_tokens": "The most that may be written.",
    "min_p": "Leaves out tokens less likely than this share of the likeliest one.",
    "n": "How many answers are written.",
    "parallel_tool_calls": "Whether several tools may be called at once.",
    "presence_penalty": "Makes a token less likely once it was used.",
    "reasoning": "How much the model thinks before it answers, and whether that is shown.",
    "reasoning_effort": "How much the model thinks before it answers.",
    "repetition_penalty": "Makes tokens of the prompt and of the answer less likely.",
    "response_format": "Asks for JSON, or for JSON that a schema accepts.",
    "seed": "The same seed, the same answer, as far as the model can.",
    "stop": "Texts that end the answer when they come up.",
    "structured_outputs": "Whether the answer keeps to a JSON schema.",
    "temperature": "How much chance is in the choice of tokens: 0 is none.",
    "tool_choice": "Whether a tool must, may or must not be called, or which one.",
    "tools": "Functions that the model may call.",
    "top_a": "Leaves out tokens much less likely than the likeliest one.",
    "top_k": "Chooses among so many of the likeliest tokens.",
    "top_logprobs": "How many other tokens `logprobs` tells of.",
    "top_p": "Chooses among the likeliest tokens that together have this probability.",
    "verbosity": "How much the model says.",
    "web_search_options": "How the model searches the web.",
}
"""What is not here stands in the API reference."""
