"""The way in for the gateway: an upstream's answer to a chat or text completions client."""

from msgspec import Struct

from trunkline.protocols.answers import AnswerBody, AnswerIdentity, AnswerStream, Facts, Path
from trunkline.protocols.chat.body import render_chat_body
from trunkline.protocols.chat.chunk import ChatChunkWriter, ChunkWriter
from trunkline.protocols.chat.decoder import ChatDecoder, decode_body
from trunkline.protocols.chat.encoder import ChatEncoder
from trunkline.protocols.chat.event_fold import FoldedAnswer, fold_events
from trunkline.protocols.chat.native_stream import NativeStream
from trunkline.protocols.chat.reader import StreamReader, read_body
from trunkline.protocols.chat.whole import BodyRenderer, WholeAnswer, fold_messages
from trunkline.protocols.completions.body import render_text_body
from trunkline.protocols.completions.chunk import TextChunkWriter
from trunkline.protocols.hub import DecodedBody, HubStream, ResponseDecoder


class AnswerOptions(Struct, frozen=True, kw_only=True):
    """What the client asked about the shape of its answer, and what is special about who answers."""

    exclude_reasoning: bool = False
    """`reasoning.exclude`: neither reasoning nor details are told; they are counted all the same."""
    text_completion: bool = False
    """The answer has the shape of inference.md 19."""
    quirks: frozenset[str] = frozenset()
    """Named deviations of the provider, see `quirks.py`."""
    docs_base: str = ""
    """URL of the documentation, for `docs_url` of an error inside a stream."""


def open_stream(path: Path, identity: AnswerIdentity, options: AnswerOptions) -> AnswerStream:
    """A fresh relay for one stream of an openai-chat upstream."""
    if path == "native":
        reader = StreamReader(quirks=options.quirks, exclude_reasoning=options.exclude_reasoning)
        return NativeStream(reader, _writer(identity, options), options.docs_base)
    decoder = ChatDecoder(quirks=options.quirks, exclude_reasoning=options.exclude_reasoning)
    return encode_stream(decoder, identity, options)


def open_body(path: Path, data: bytes, identity: AnswerIdentity, options: AnswerOptions) -> AnswerBody:
    """A whole body of an openai-chat upstream, read. `facts` says at once whether it is an answer."""
    if path == "native":
        reader, deltas = read_body(data, quirks=options.quirks, exclude_reasoning=options.exclude_reasoning)
        return _whole(reader.facts, fold_messages(reader, deltas), identity, options)
    decoded = decode_body(data, quirks=options.quirks, exclude_reasoning=options.exclude_reasoning)
    return encode_body(decoded, identity, options)


def encode_stream(decoder: ResponseDecoder, identity: AnswerIdentity, options: AnswerOptions) -> AnswerStream:
    """Any upstream's stream through the hub."""
    encoder = ChatEncoder(
        _writer(identity, options),
        decoder.facts,
        exclude_reasoning=options.exclude_reasoning,
        docs_base=options.docs_base,
    )
    return HubStream(decoder, encoder)


def encode_body(decoded: DecodedBody, identity: AnswerIdentity, options: AnswerOptions) -> AnswerBody:
    """Any upstream's whole answer through the hub."""
    folded = fold_events(decoded.events, exclude_reasoning=options.exclude_reasoning)
    return _whole(decoded.facts, folded, identity, options)


def _writer(identity: AnswerIdentity, options: AnswerOptions) -> ChunkWriter:
    return TextChunkWriter(identity) if options.text_completion else ChatChunkWriter(identity)


def _whole(facts: Facts, answer: FoldedAnswer, identity: AnswerIdentity, options: AnswerOptions) -> AnswerBody:
    renderer: BodyRenderer = render_text_body if options.text_completion else render_chat_body
    return WholeAnswer(facts, answer, identity, renderer, exclude_reasoning=options.exclude_reasoning)
