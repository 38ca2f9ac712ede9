"""The seven stages of joint supervision, for each plan line: how far it is, with who and when (R4).

清单管理 → 两库 → 任务下达 → 名单抽取 → 检查录入 → 结果公示 → 数据存档. A stage is reached when an entry of the
ledger says so; the stage of a line is the last one of an unbroken run from the first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from engine.messages import N_


class FlowStage(StrEnum):
    """The stages in their order."""

    ITEM_LIST = "item_list"
    LIBRARIES = "libraries"
    DISPATCH = "dispatch"
    DRAW = "draw"
    ENTRY = "entry"
    PUBLICITY = "publicity"
    ARCHIVE = "archive"


STAGE_NAMES: Mapping[FlowStage, str] = {
    FlowStage.ITEM_LIST: N_("Item list"),
    FlowStage.LIBRARIES: N_("Two libraries"),
    FlowStage.DISPATCH: N_("Task dispatch"),
    FlowStage.DRAW: N_("Draw of the list"),
    FlowStage.ENTRY: N_("Entry of results"),
    FlowStage.PUBLICITY: N_("Publication of results"),
    FlowStage.ARCHIVE: N_("Archive"),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """Who brought a line to a stage, and when."""

    actor: str
    role: str
    at: str


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a line is: the marks of the stages reached, and the stage it stands in (None = not published yet)."""

    marks: Mapping[FlowStage, Mark]

    @property
    def stage(self) -> FlowStage | None:
        """The last stage of the unbroken run from the first."""
        reached = None
        for stage in FlowStage:
            if stage not in self.marks:
                break
            reached = stage
        return reached

    @property
    def missing(self) -> FlowStage | None:
        """The next stage to reach, None when all are."""
        return next((stage for stage in FlowStage if stage not in self.marks), None)
