"""How many numbers go through multiprocessing.Pool.imap in a second. Prints the rate."""

import sys
import time
from multiprocessing import Pool


def identity(value):
    return value


def drain(pool, count):
    for _ in pool.imap(identity, range(count), chunksize=256):
        pass


if __name__ == "__main__":
    count = int(sys.argv[1])
    with Pool(2) as pool:
        drain(pool, 10_000)
        begun = time.perf_counter()
        drain(pool, count)
        print(count / (time.perf_counter() - begun))
