"""What kind of task a prompt is: a tag of routing-and-catalog.md 22.5, guessed from its words.

A local guess without a model: it takes microseconds, sends the prompt nowhere, and is right often enough to choose
among good models. Signals are counted; the tag with most of them wins, on a tie the one that is listed first.
"""

import re

TEXT_CHARS_MAX = 4000
"""What is looked at: the beginning says what is wanted."""

_CODE = re.compile(
    r"```|\b(?:def|class|import|const|function|return|SELECT|#include)\b|[{};]\s*\n|\w+\(\)|\.(?:py|js|ts|rs|go|java|cpp)\b"
)


def _words(*stems: str) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(stems) + ")", re.IGNORECASE)


_SIGNALS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "code:debugging",
        _words(
            "bug",
            "debug",
            "traceback",
            "stack ?trace",
            "exception",
            "error:",
            "segfault",
            "fails? with",
            "doesn't work",
        ),
    ),
    ("code:refactoring", _words("refactor", "clean ?up (?:this|the) code", "simplify (?:this|the) code", "rename")),
    ("code:review", _words("code review", "review (?:this|my) (?:code|pull|diff|patch)", "pull request")),
    ("code:testing", _words("unit ?tests?", "pytest", "jest", "test cases?", "write tests?", "coverage")),
    (
        "code:explanation",
        _words("explain (?:this|the) (?:code|function|snippet|program)", "what does (?:this|the) (?:code|function)"),
    ),
    ("code:frontend", _words("react", "css", "html", "tailwind", "svelte", "vue", "component", "landing page")),
    ("code:devops", _words("docker", "kubernetes", "terraform", "ci/cd", "nginx", "deploy", "helm", "ansible")),
    (
        "code:general_impl",
        _words(
            "implement",
            "write (?:a|an|some) (?:\\w+ )?(?:function|script|program|class|code)",
            "python",
            "javascript",
            "typescript",
            "rust",
            "golang",
            "api endpoint",
            "algorithm",
        ),
    ),
    ("data:sql", _words("sql", "select .* from", "postgres", "sqlite", "join ", "query")),
    ("data:extraction", _words("extract", "parse (?:the|this)", "pull out")),
    ("data:transformation", _words("convert", "transform", "reformat", "into (?:json|csv|yaml|xml)")),
    ("data:classification", _words("classify", "categori[sz]e", "label (?:each|the|this)", "sentiment")),
    ("data:analysis", _words("analy[sz]e", "dataset", "statistics", "correlation", "trend", "chart")),
    ("agent:web_search", _words("search (?:the web|online|for)", "latest news", "look up", "browse")),
    (
        "agent:multi_step_planning",
        _words("step[- ]by[- ]step plan", "make a plan", "roadmap", "break (?:it|this) down", "milestones"),
    ),
    (
        "agent:file_editing",
        _words("edit (?:the|this) file", "apply (?:the|this) patch", "in the repo", "modify .* file"),
    ),
    ("agent:terminal", _words("terminal", "bash", "shell command", "command line", "run the command")),
    ("math", _words("solve", "equation", "integral", "derivative", "prove", "probability", "theorem", "calculate")),
    ("customer_support", _words("customer", "refund", "support ticket", "complaint", "apolog")),
    ("research_report", _words("research", "report on", "literature", "compare .* studies", "in[- ]depth")),
    ("creative_writing", _words("story", "poem", "novel", "lyrics", "haiku", "screenplay", "fiction")),
    ("roleplay", _words("role ?play", "pretend (?:to be|you)", "act as", "in character", "you are now")),
    (
        "translation",
        _words("translate", "translation", "into (?:english|german|french|spanish|chinese|japanese|italian)"),
    ),
    ("summarization", _words("summari[sz]e", "summary", "tl;?dr", "key points")),
    (
        "rewriting",
        _words(
            "rewrite",
            "rephrase",
            "paraphrase",
            "proofread",
            "improve (?:this|the|my) (?:text|writing|email)",
            "grammar",
        ),
    ),
    ("brainstorming", _words("brainstorm", "ideas for", "suggest (?:some|a few|names)", "name ideas")),
    (
        "qa_knowledge",
        _words(
            "who (?:is|was)",
            "what (?:is|are|was)",
            "when (?:did|was|is)",
            "where (?:is|was)",
            "why (?:is|do|does|did)",
            "how (?:does|do|many|much|old)",
            "capital of",
            "explain",
        ),
    ),
)
_CODE_TAGS_BONUS = 2


def classify(text: str) -> str | None:
    """The task's tag; None when there is nothing to go by."""
    sample = text[:TEXT_CHARS_MAX]
    if not sample.strip():
        return None
    is_code = _CODE.search(sample) is not None
    best, best_score = "code:general_impl" if is_code else "chat", 0
    for tag, pattern in _SIGNALS:
        score = len(pattern.findall(sample))
        if score and is_code and tag.startswith("code:"):
            score += _CODE_TAGS_BONUS
        if score > best_score:
            best, best_score = tag, score
    return best
