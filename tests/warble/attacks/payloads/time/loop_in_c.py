# note: an operation that never looks at a signal
# ends: limit:time limit:memory
pow(7, 10**7) % 10**9
while True:
    pow(7, 10**8)
