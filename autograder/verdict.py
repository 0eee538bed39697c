"""What the judge says of one hand-in: a mark for every criterion, a diagnosis where there is one, and friendly notes."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Mark:
    """One criterion, judged. `message` says what was seen and what was expected, in a student's words."""

    criterion: str
    points: float
    max_points: float
    sentence: str
    message: str = ""

    @property
    def passed(self) -> bool:
        return self.points >= self.max_points


@dataclass(frozen=True)
class Diagnosis:
    """The misconception that an answer matches: its id, the idea that was missed, and a hint."""

    misconception: str
    explanation: str
    hint: str


@dataclass(frozen=True)
class Verdict:
    """All marks of one graded cell. `notes` cost nothing: advice, what was repaired, what a human should look at."""

    hand_in: str
    marks: tuple[Mark, ...]
    diagnoses: tuple[Diagnosis, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def points(self) -> float:
        return sum(mark.points for mark in self.marks)

    @property
    def max_points(self) -> float:
        return sum(mark.max_points for mark in self.marks)

    def to_dict(self) -> dict:
        """As plain JSON types; `from_dict` reads it back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, record: dict) -> "Verdict":
        return cls(
            hand_in=record["hand_in"],
            marks=tuple(Mark(**mark) for mark in record["marks"]),
            diagnoses=tuple(Diagnosis(**diagnosis) for diagnosis in record["diagnoses"]),
            notes=tuple(record["notes"]),
        )
