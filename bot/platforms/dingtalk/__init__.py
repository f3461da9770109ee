"""DingTalk (钉钉), internal-app robot."""
