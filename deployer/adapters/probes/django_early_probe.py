# Ends the rehearsal of an app with static files; fills `report`.
report["static"] = _django_collect_early()
