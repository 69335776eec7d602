"""The seeded picture world: concepts, drawn scenes, dialogues, questions and samples."""
