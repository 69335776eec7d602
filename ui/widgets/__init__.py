"""Parts of a screen: photos, panels, the chat, the grid of memories, completion."""
