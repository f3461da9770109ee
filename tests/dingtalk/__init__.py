"""DingTalk: codec, Stream, client, renderer and the fake that stands in for the platform."""
