"""From a Pi's sensors to the database. Start reading at report.py: what one Pi says, as all else sees it."""
