"""WeCom: codec, inbound, client, renderer and the fake."""
