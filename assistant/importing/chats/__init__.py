"""Chats that other programs exported (WhatsApp, Telegram, Signal), and which words are about which photo."""
