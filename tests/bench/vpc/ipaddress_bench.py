"""Allocates, claims and frees /29 blocks of a /8 with Python's ipaddress: a dict of free networks a prefix length.

   ipaddress_bench.py BLOCKS

Prints three lines: what, p50 and p99 in nanoseconds.
"""

import ipaddress
import random
import sys
import time


class Pool:
    """A buddy allocator as one writes it with ipaddress: dicts keep what was inserted first, not what is lowest."""

    def __init__(self, block):
        self.block = block
        self.free = {length: {} for length in range(block.prefixlen, 33)}
        self.free[block.prefixlen][block] = None
        self.taken = set()

    def carve(self, outer, wanted):
        del self.free[outer.prefixlen][outer]
        while outer.prefixlen < wanted.prefixlen:
            halves = list(outer.subnets())
            outer, other = halves if wanted.subnet_of(halves[0]) else reversed(halves)
            self.free[other.prefixlen][other] = None
        self.taken.add(wanted)

    def allocate(self, length):
        for larger in range(length, self.block.prefixlen - 1, -1):
            if self.free[larger]:
                outer = next(iter(self.free[larger]))
                wanted = ipaddress.ip_network((int(outer.network_address), length))
                self.carve(outer, wanted)
                return wanted
        raise LookupError("full")

    def claim(self, wanted):
        outer = wanted
        while outer not in self.free[outer.prefixlen]:
            if outer.prefixlen == self.block.prefixlen:
                raise LookupError("taken")
            outer = outer.supernet()
        self.carve(outer, wanted)

    def release(self, block):
        self.taken.remove(block)
        while block.prefixlen > self.block.prefixlen:
            buddy = ipaddress.ip_network((int(block.network_address) ^ (1 << (32 - block.prefixlen)), block.prefixlen))
            if buddy not in self.free[buddy.prefixlen]:
                break
            del self.free[buddy.prefixlen][buddy]
            block = block.supernet()
        self.free[block.prefixlen][block] = None


def main():
    blocks = int(sys.argv[1])
    pool = Pool(ipaddress.ip_network("10.0.0.0/8"))
    live = [pool.allocate(29) for _ in range(blocks)]
    random.Random(1).shuffle(live)
    times = {"allocate": [], "claim": [], "free": []}

    def timed(what, call, argument):
        began = time.perf_counter_ns()
        result = call(argument)
        times[what].append(time.perf_counter_ns() - began)
        return result

    for i, block in enumerate(live[:20000]):
        timed("free", pool.release, block)
        if i % 2:
            timed("allocate", pool.allocate, 29)
        else:
            timed("claim", pool.claim, block)
    for what, taken in times.items():
        taken.sort()
        print(what, taken[len(taken) // 2], taken[len(taken) * 99 // 100])


main()
