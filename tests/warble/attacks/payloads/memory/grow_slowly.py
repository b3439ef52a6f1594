# note: in small pieces
# ends: limit:memory limit:time sandbox
kept = []
while True:
    kept.append(tuple(range(100)))
