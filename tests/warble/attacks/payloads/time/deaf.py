# note: a loop that swallows every exception
# ends: limit:time
while True:
    try:
        while True:
            pass
    except BaseException:
        continue
