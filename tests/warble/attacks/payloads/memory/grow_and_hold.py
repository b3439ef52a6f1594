# note: as much as there is, and then all the time there is
# ends: limit:time
kept = []
while True:
    try:
        kept.append(bytearray(1 << 16))
    except MemoryError:
        continue
