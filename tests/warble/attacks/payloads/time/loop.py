# note: nothing but time
# ends: limit:time
while True:
    pass
