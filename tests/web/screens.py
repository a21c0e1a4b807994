"""What a page is looked at on."""

from dataclasses import dataclass
from typing import Literal

Theme = Literal["light", "dark"]


@dataclass(frozen=True)
class Screen:
    name: Literal["desktop", "phone"]
    width: int
    height: int
    theme: Theme

    def __str__(self) -> str:
        return f"{self.name}-{self.theme}"


DESKTOP = Screen("desktop", 1280, 900, "light")
DESKTOP_DARK = Screen("desktop", 1280, 900, "dark")
PHONE = Screen("phone", 390, 844, "light")
PHONE_DARK = Screen("phone", 390, 844, "dark")
SCREENS = (DESKTOP, DESKTOP_DARK, PHONE, PHONE_DARK)
