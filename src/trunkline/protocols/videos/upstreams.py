"""Which upstream formats of video jobs are spoken."""

from collections.abc import Mapping

from trunkline.protocols.videos.codec import VideoCodec
from trunkline.protocols.videos.openai import OpenAIVideos
from trunkline.protocols.videos.others import DashScopeVideos, XaiVideos
from trunkline.protocols.videos.veo import Veo, VertexVeo

VIDEOS: Mapping[str, VideoCodec] = {
    "openai-videos": OpenAIVideos(),
    "google-veo": Veo(),
    "vertex-veo": VertexVeo(),
    "xai-videos": XaiVideos(),
    "dashscope-videos": DashScopeVideos(),
}
"""By the catalog's name, best first."""
