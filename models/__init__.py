"""Where every Pi is: a cluster as data (*.toml) and the layout made from it. Start reading at layout.py."""
