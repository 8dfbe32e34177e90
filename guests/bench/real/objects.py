"""Dictionaries, lists, strings, objects and closures, as scripts use them."""


class Shape:
    def __init__(self, side):
        self.side = side

    def area(self):
        return self.side * self.side


class Cube(Shape):
    def area(self):
        return 6 * super().area()


def primes(limit):
    sieve = bytearray([1]) * limit
    for i in range(2, int(limit**0.5) + 1):
        if sieve[i]:
            for j in range(i * i, limit, i):
                sieve[j] = 0
    return [i for i in range(2, limit) if sieve[i]]


def words(count):
    seed, found = 12345, {}
    for _ in range(count):
        seed = (seed * 1103515245 + 12345) % 2**31
        word = "w%d" % (seed % 997)
        found[word] = found.get(word, 0) + 1
    return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))


def queens(size, row=0, columns=0, left=0, right=0):
    if row == size:
        return 1
    total, free = 0, ~(columns | left | right) & ((1 << size) - 1)
    while free:
        bit = free & -free
        free ^= bit
        total += queens(size, row + 1, columns | bit, (left | bit) << 1, (right | bit) >> 1)
    return total


print(sum(primes(100000)))
print(words(50000)[:5])
print(queens(8))
print(sum(shape.area() for i in range(15000) for shape in (Shape(i), Cube(i))))
