"""Which upstream formats of video jobs are spoken."""

from collections.abc import Mapping

from trunkline.protocols.videos.bfl import BlackForestLabsVideos
from trunkline.protocols.videos.codec import VideoCodec
from trunkline.protocols.videos.dashscope import DashScopeVideos
from trunkline.protocols.videos.minimax import MiniMaxVideos, MiniMaxVideosV2
from trunkline.protocols.videos.openai import OpenAIVideos
from trunkline.protocols.videos.veo import Veo, VertexVeo
from trunkline.protocols.videos.xai import XaiVideos

VIDEOS: Mapping[str, VideoCodec] = {
    "openai-videos": OpenAIVideos(),
    "google-veo": Veo(),
    "vertex-veo": VertexVeo(),
    "xai-videos": XaiVideos(),
    "dashscope-videos": DashScopeVideos(),
    "minimax-videos": MiniMaxVideos(),
    "minimax-videos-v2": MiniMaxVideosV2(),
    "bfl-videos": BlackForestLabsVideos(),
}
"""By the catalog's name, best first."""
