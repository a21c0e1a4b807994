"""Words by which upstreams name what is wrong with a request (inference.md 5.5, 30.11). Data, matched in `errors.py`.

Codes are compared in lower case. Phrases are taken from the vendors' own messages; every quantifier is bounded.
"""

import re
from typing import Final

from trunkline.core.errors import ErrorType

CONTEXT_CODES: Final = frozenset({"context_length_exceeded", "context_window_exceeded", "too_many_tokens"})
CONTEXT_PHRASES: Final = re.compile(
    r"prompt is too long|exceeds the maximum number of tokens|input is too long|maximum context length"
    r"|input tokens exceed|context (?:length|window|size)|exceed[^.]{0,40}\bcontext\b|reduce the length of"
    r"|too many (?:input )?tokens|input token count",
    re.IGNORECASE,
)
MAX_TOKENS_PHRASES: Final = re.compile(
    r"max(?:_completion|_output)?_(?:new_)?tokens[^.]{0,80}"
    r"(?:too large|at most|exceed|less than or equal|maximum|must be <|supports)",
    re.IGNORECASE,
)
POLICY_CODES: Final = frozenset(
    {
        "content_policy_violation",
        "content_filter",
        "responsibleaipolicyviolation",
        "data_inspection_failed",
        "moderation",
    }
)
POLICY_PHRASES: Final = re.compile(
    r"content[ _](?:management |policy|filter|moderation)|moderation|safety (?:system|policy|filter|setting|check)"
    r"|usage polic|flagged|inappropriate content|prohibited content|sensitive content",
    re.IGNORECASE,
)
KEY_PHRASES: Final = re.compile(
    r"(?:api|subscription|access) key (?:not valid|is invalid|expired|has expired)"
    r"|(?:invalid|incorrect) (?:api|x-api|subscription)[- ]key|security token[^.]{0,40}(?:expired|invalid)"
    r"|credit balance is too low|organization has been disabled",
    re.IGNORECASE,
)
"""The provider rejects the credential, or whoever pays for it."""
NO_MONEY_CODES: Final = frozenset({"insufficient_quota", "insufficient_balance", "billing_error"})
MODEL_CODES: Final = frozenset({"model_not_found", "invalid_model", "deploymentnotfound"})
MODEL_PHRASES: Final = re.compile(
    r"model[^.]{0,120}(?:does not exist|not found|is not a valid)|is not a valid model"
    r"|(?:invalid|unknown) model\b|model identifier is invalid|supported (?:api )?model names are",
    re.IGNORECASE,
)
IMAGE_PHRASES: Final[tuple[tuple[re.Pattern[str], ErrorType], ...]] = (
    (re.compile(r"image[^.]{0,60}too large|image exceeds|image size exceeds", re.IGNORECASE), "image_too_large"),
    (re.compile(r"image[^.]{0,60}too small|image[^.]{0,60}at least", re.IGNORECASE), "image_too_small"),
    (
        re.compile(
            r"(?:download|fetch|retriev|access)[^.]{0,60}image|image[^.]{0,60}(?:download|fetch|retriev)", re.IGNORECASE
        ),
        "image_download_failed",
    ),
    (
        re.compile(
            r"unsupported image|image[^.]{0,40}(?:format|type)[^.]{0,40}(?:not supported|unsupported)", re.IGNORECASE
        ),
        "unsupported_image_format",
    ),
    (
        re.compile(
            r"invalid image|(?:could not|cannot|unable to|failed to) (?:process|decode|identify|read)[^.]{0,20}image",
            re.I,
        ),
        "invalid_image",
    ),
)
IMAGE_CODES: Final[dict[str, ErrorType]] = {
    "invalid_image": "invalid_image",
    "invalid_image_format": "unsupported_image_format",
    "invalid_base64_image": "invalid_image",
    "invalid_image_url": "image_download_failed",
    "image_parse_error": "invalid_image",
    "image_too_large": "image_too_large",
    "image_too_small": "image_too_small",
    "unsupported_image_media_type": "unsupported_image_format",
    "failed_to_download_image": "image_download_failed",
}
UNSUPPORTED_CODES: Final = frozenset(
    {"unsupported_parameter", "unsupported_value", "unknown_parameter", "unsupported_country_region_territory"}
)
UNSUPPORTED_PHRASES: Final = re.compile(
    r"n(?:o|')t support|unsupported|not enabled|not (?:yet )?available (?:for|with|on) (?:this|the) model"
    r"|unrecognized request argument|unknown (?:parameter|field|name)|unexpected keyword"
    r"|not permitted|requires \S*(?:tool|reasoning|parser)",
    re.IGNORECASE,
)
