# note: as much as there is
# ends: limit:memory limit:time sandbox
kept = []
while True:
    kept.append(bytearray(1 << 20))
