"""WeCom (企业微信), smart bot (智能机器人) over its long connection."""
