"""A prompt of reward training with its completions and what each of them earned."""

from __future__ import annotations

from typing import NamedTuple

from train.rl.note_tasks import NoteTask
from train.rl.reward import Reward
from train.rl.rollout import Rollout
from train.rl.training_tasks import Task


class ScoredGroup(NamedTuple):
    """A task, a group of completions of its prompt, and the reward of each."""

    task: Task | NoteTask
    rollouts: tuple[Rollout, ...]
    rewards: list[Reward]
