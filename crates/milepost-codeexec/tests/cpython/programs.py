# call (10,) ; (0,) ; (-1,)
def f(n):
    def g(k):
        if k <= 0:
            return 0
        return k + g(k - 1)
    return g(n)
# --
# call (5,) ; ('x',)
def f(n):
    out = []
    for i in range(n):
        if i == 1:
            continue
        if i == 4:
            break
        out.append(i)
    else:
        out.append('else')
    while out:
        out.pop()
        if len(out) == 1:
            break
    else:
        return 'empty'
    return out
# --
# call (1,) ; (0,) ; ('a',) ; (None,) ; ([],)
def f(x):
    log = []
    try:
        log.append(1)
        y = 10 / x
        log.append(y)
    except ZeroDivisionError as e:
        log.append('zero')
    except (TypeError, KeyError) as e:
        log.append('type')
        raise ValueError('bad') from e
    else:
        log.append('else')
    finally:
        log.append('finally')
    return log
# --
# call (3,) ; (0,)
def f(n):
    for i in range(n):
        try:
            if i == 1:
                return i
        finally:
            n = 99
    return n
# --
# call (3,)
def f(n):
    out = []
    for i in range(n):
        try:
            try:
                if i == 0:
                    continue
                if i == 2:
                    break
                raise KeyError(i)
            finally:
                out.append(('f', i))
        except KeyError as e:
            out.append(e.args)
            try:
                raise
            except LookupError as e2:
                out.append(str(e2))
    return out
# --
# call (3,)
def f(n):
    try:
        return 'try'
    finally:
        return 'finally'
# --
# call ()
def f():
    def counter():
        n = 0
        def inc(by=1):
            nonlocal n
            n += by
            return n
        return inc
    a, b = counter(), counter()
    return [a(), a(5), b(), a()]
# --
# call (2,)
total = 0
def add(x):
    global total
    total += x
def f(n):
    for i in range(n):
        add(i)
    add(10)
    return total
# --
# call ()
def f():
    fs = [lambda: i for i in range(3)]
    gs = [lambda i=i: i for i in range(3)]
    return [g() for g in fs], [g() for g in gs]
# --
# call ()
x = 'outer'
def f():
    y = [x for x in range(3)]
    return y, x
# --
# call ()
def f():
    print(x)
    x = 1
# --
# call ()
def f():
    del undefined_name
# --
# call (1,) ; (1, 2) ; (1, 2, 3) ; ()
def f(a, b=2, *c, d=4):
    return a, b, c, d
# --
# call ()
def g(a, /, b, *, c=3):
    return a, b, c
def f():
    out = [g(1, 2), g(1, b=2), g(1, 2, c=5)]
    for bad in (lambda: g(a=1, b=2), lambda: g(1), lambda: g(1, 2, 3), lambda: g(1, 2, b=3), lambda: g(1, 2, q=3)):
        try:
            bad()
        except TypeError:
            out.append('TypeError')
    return out
# --
# call ([3, 1, 2],) ; ((1, 2),) ; ([1],) ; ('abc',) ; (5,)
def f(x):
    a, *b = x
    *c, d = x
    p, (q, r) = 1, x[:2]
    return a, b, c, d, p, q, r
# --
# call ([1, 2, 3, 4, 5],)
def f(a):
    b = a[:]
    b[1:3] = [9, 9, 9]
    c = a[:]
    c[::2] = 'xyz'
    d = a[:]
    del d[1:3]
    e = a[:]
    del e[::2]
    g = a[:]
    g[5:] = g
    h = a[:]
    h[1:1] = (7, 8)
    a[0] += 10
    a[1:2] *= 3
    return a, b, c, d, e, g, h
# --
# call ([1, 2, 3, 4, 5],)
def f(a):
    a[::2] = [1]
# --
# call ()
def f():
    a = b = []
    a += [1]
    a = a + [2]
    b *= 2
    s = t = {1}
    s |= {2}
    s ^= {1}
    s -= {5}
    d = {}
    d |= {1: 2}
    u = frozenset([1])
    v = u
    u |= {3}
    return a, b, t, d, u, v
# --
# call ()
def f():
    out = []
    it = iter([1, 2, 3])
    for x in it:
        out.append((x, next(it, None)))
    m = map(lambda x: 1 / x, [1, 0])
    out.append(next(m))
    try:
        next(m)
    except ZeroDivisionError:
        out.append('zde')
    z = zip([1, 2], 'abc')
    out.append(list(z))
    e = enumerate('ab', 5)
    out.append(next(e))
    out.append(list(e))
    r = reversed([1, 2, 3])
    out.append(list(r))
    try:
        next(r)
    except StopIteration:
        out.append('stop')
    return out
# --
# call ()
def f():
    log = []
    def t(x):
        log.append(x)
        return x > 1
    r = any(t(x) for x in [0, 1, 2, 3])
    r2 = all(map(t, [5, 0, 7]))
    g = filter(t, [0, 2, 3])
    r3 = next(g)
    s = sum(x for x in range(4) if t(x))
    m = max((t(x), x) for x in range(3))
    return r, r2, r3, s, m, log, 2 in (x for x in [1, 2, 3])
# --
# call ()
def f():
    it = iter([1, 2, 3, 4, 5])
    g = (x * 10 for x in it)
    a, b = next(g), next(it)
    rest = list(g)
    pairs = list(zip(*[iter(range(6))] * 2))
    nested = list(map(lambda p: p[0] + p[1], zip(map(lambda x: x, [1, 2]), (y for y in [3, 4]))))
    return a, b, rest, pairs, nested, list(enumerate(map(str, [1, 2])))
# --
# call ()
def f():
    it = iter([])
    return list(map(lambda _: next(it), range(3)))
# --
# call ()
def f():
    it = iter([1])
    return list(next(it) for _ in range(3))
# --
# call ()
def f():
    a, b = map(int, '1 2'.split())
    c, d = (x for x in [3, 4])
    try:
        e, g = map(int, '123')
    except ValueError:
        return a, b, c, d, 'ValueError'
# --
# call ()
def f():
    xs = [1, 2, 3]
    out = []
    for x in xs:
        out.append(x)
        if len(xs) < 6:
            xs.append(x * 10)
    return out, xs
# --
# call ()
def f():
    s = {1, 2, 3}
    for x in s:
        s.add(x + 10)
# --
# call ()
def f():
    out = []
    for n in (0, 1, 5, 8, 20, 100, 1000):
        s = set(i * 7919 % 10007 for i in range(n))
        out.append(list(s)[:20])
        t = set(list(s)[::2])
        out.append(list(s - t)[:20])
        out.append(list(s | {5, 6, 70000})[:20])
        out.append(list(s & t)[:20])
        out.append(list(t ^ {1, 7919})[:20])
        for x in list(s)[::3]:
            s.discard(x)
        out.append(list(s)[:20])
        s.update(range(30))
        out.append(list(s)[:40])
        out.append(list(frozenset(s))[:40])
        out.append(list(s.copy())[:40])
        out.append([s.pop() for _ in range(5)])
        out.append(list(set(dict.fromkeys(range(0, 50, 3))))[:30])
        out.append(list(s.intersection(range(0, 40, 3))))
        out.append(list(s.difference(range(0, 40, 2))))
        out.append(list(s.symmetric_difference([1, 2, 3, 1000])))
        s.difference_update(range(100))
        out.append(list(s)[:20])
        s.intersection_update([1, 2])
        out.append(list(s))
    return out
# --
# call ()
def f():
    s = {1, 2, 3, 4, 5, 6, 40, 8, 33}
    t = {3.0, 2.5, -1, -2, 0.5, 1e20, 1000000000000000000000000000000, True}
    u = {(1, 2), (0,), (), (3, (4, 5)), (-1,), (2.5, 1)}
    v = {frozenset({1, 2}), frozenset(), frozenset({3})}
    w = {-1, -2, -3, 2305843009213693951, 2305843009213693952, 18446744073709551616, -36893488147419103232}
    x = {65, 1, 33}
    return list(s), list(t), list(u), list(w), list(x), len(v), str({9, 1, 17}), sorted(map(sorted, v))
# --
# call ()
def f():
    return [x for x in {5, 1, 9} for y in {x, 3}], {1, 2} < {1, 2, 3}, {1} == frozenset([1])
# --
# call ()
def f():
    x = {'a': 1}
    for k in list(x):
        x[k + 'b'] = 2
        del x[k]
    x['c'] = x.pop('ab')
    y = {**x, 'd': 1, 'c': 5}
    y.update([('e', 1)], g=2)
    return x, y, list(y), y.setdefault('z', 3), y.popitem()
# --
# call ()
def f():
    print('a', 1, 2.0, None, True, [1, 'b'], ('c',), {1: 2})
    print()
    print('x', end='')
    print('y', 'z', sep='')
    print(*range(3), sep=', ', end='!\n')
    print({3}, frozenset({4}), set(), range(3), range(1, 10, 2))
    print(1e100, -0.0, float('inf'), 10 ** 20)
    print(ValueError('x'), repr(ValueError('x', 1)), KeyError('k'), str(Exception()))
# --
# call ()
def f():
    out = []
    for e in (ValueError('a'), KeyError('a'), IndexError(), Exception(1, 2), RuntimeError([1])):
        try:
            raise e
        except Exception as x:
            out.append((str(x), x.args, repr(x), isinstance(x, LookupError), type(x) is ValueError))
    return out
# --
# call ()
def f():
    try:
        raise ValueError
    except ValueError as e:
        pass
    return e
# --
# call (3,)
def f(n):
    assert n > 2, 'no'
    assert n > 5, 'small'
# --
# call ()
def f():
    raise 5
# --
# call ()
def f():
    x = [1, 2]
    x.append(x)
    y = {'k': x}
    return str(x), str(y), repr((x,))
# --
# call ()
def f():
    a = [[0] * 2] * 2
    a[0][0] = 1
    b = [[0] * 2 for _ in range(2)]
    b[0][0] = 1
    return a, b, a == [[1, 0], [1, 0]]
# --
# call ()
def f():
    def g():
        return 1, 2
    (a, b), c = g(), 3
    a, b = b, a
    x = y = z = 0
    x, y, z = y + 1, z + 2, x + 3
    i = 0
    arr = [5, 6, 7]
    i, arr[i] = 2, 9
    return a, b, c, x, y, z, i, arr
# --
# call (1000,) ; (10,)
def f(n):
    s = ''
    for i in range(n):
        s += str(i % 10)
    t = s[::-1]
    return len(s), s[:20], t[:20], s.count('9'), s.find('89'), s.rfind('01'), s == t
# --
# call ()
def f():
    n = 1
    for i in range(1, 120):
        n *= i
    return n, n // 10 ** 50, n % 10 ** 30, -n // 7, -n % 7, n >> 200, n & (2 ** 100 - 1), str(n)[::-1], n.bit_length(), float(n), n / 3 ** 100, -(2 ** 63), 2 ** 63 - 1 + 1, divmod(-n, 10 ** 20), int(str(n)) == n, n ^ -n, ~n, n | -5, -n >> 3, pow(n, 5, 1000007), 10 ** 18 * 10, 3 ** 40, (-3) ** 41, 2 ** -2, int(1e25), round(12345678901234567890, -5)
# --
# call ()
def f():
    return [round(x, 2) for x in (2.675, 1.005, 0.125, 0.375, -2.5, 1e20, 123.456)], [round(x) for x in (0.5, 1.5, 2.5, -0.5, -1.5, 1e18)], round(1234.5, -2), round(-1250, -2), round(1350, -2), round(5e-324, 400)
# --
# call ()
def f():
    return 0.1 + 0.2, 1 / 3, 1e16 + 1, 1e308 * 10, 5e-324, 2.0 ** 0.5, 10 ** -3, 7.0 // 2, -7.5 % 2, 7.5 % -2, 1e-5, 1.0e5, 123456789012345678.0, 0.1 * 3, 1e22, 1e21 + 1, 2 ** 0.5, 3.14159 * 2 ** 10, float('1e-400'), 4.35 * 100, -1e-10, 1.1 + 2.2
# --
# call ()
def f(a=[]):
    a.append(1)
    return a
# --
# call ()
def f():
    f2 = f3
    return f2(3)
def f3(n, acc=()):
    return acc if n == 0 else f3(n - 1, (*acc, n))
# --
# call ()
def f():
    return f()
# --
# call ()
def f():
    def g():
        return h()
    def h():
        return later
    later = 5
    return g()
# --
# call ()
def f():
    def g():
        return unbound
    if False:
        unbound = 1
    return g()
# --
# call ()
def f():
    return [i for i in range(3)] + [j for j in 'ab'], i
# --
# call (7,)
if 1 > 0:
    def f(n: int) -> 'int':
        y: int = n
        return y + 1
else:
    def f(n):
        return 0
# --
# call (7,)
from typing import List, Optional
import math as m
from math import pi, sqrt as root
def f(n: int, x: List[int] = None, y: Optional[str] = None) -> List[int]:
    return [n, round(pi, 3), root(16), m.e, m.floor(2.7)]
# --
# call (7,)
def f(n: Unknown):
    return n
# --
# call (1,)
def f(n):
    int = 5
    len = lambda x: 42
    list = [1]
    return int + len(list), max
# --
# call ()
len = 3
def f():
    return len + 1
# --
# call ()
def f():
    s = 'hello world'
    d = {}
    for c in s:
        d[c] = d.get(c, 0) + 1
    return sorted(d.items(), key=lambda kv: (-kv[1], kv[0])), ''.join(sorted(set(s))), [w.capitalize() for w in s.split()]
# --
# call ([5, 2, 9, 1],)
def f(a):
    for i in range(len(a)):
        for j in range(0, len(a) - i - 1):
            if a[j] > a[j + 1]:
                a[j], a[j + 1] = a[j + 1], a[j]
    lo, hi = 0, len(a)
    while lo < hi:
        mid = (lo + hi) // 2
        if a[mid] < 5:
            lo = mid + 1
        else:
            hi = mid
    return a, lo
# --
# call ()
def f():
    memo = {}
    def fib(n):
        if n in memo:
            return memo[n]
        if n < 2:
            return n
        memo[n] = fib(n - 1) + fib(n - 2)
        return memo[n]
    return fib(90), len(memo)
# --
# call ()
def f():
    x = 5
    r = x if x > 3 else -x
    s = 1 < x < 10 != 3
    t = [] or {} or 'z'
    u = 0 and 1 / 0
    return r, s, t, u, not x, x == 5.0, 1 < 2 > 3, None is None, True + True, True == 1, 'a' 'b'
# --
# call ()
def f():
    xs = list(range(10))
    xs.sort(key=lambda x: (x % 3, -x))
    ys = sorted(['b', 'A', 'c'], key=str.lower)
    zs = sorted([(1, 'b'), (1, 'a'), (0, 'z')])
    try:
        sorted([1, 'a'])
    except TypeError:
        zs.append('t')
    try:
        xs.sort(key=lambda x: 1 // (x - 5))
    except ZeroDivisionError:
        zs.append(len(xs))
    return xs, ys, zs, sorted([True, 0, 1, False]), sorted([0.0, -0.0, 0]), min([3, 1, 2], key=lambda x: -x), max('abc', 'abd'), sorted([[2], [1, 5], []])
# --
# call ()
def f():
    def dec(n):
        while n:
            try:
                n -= 1
                if n == 5:
                    continue
                if n == 2:
                    return n
            finally:
                n -= 1
        return 'end'
    return dec(10), dec(9), dec(0)
# --
# call ()
def f():
    out = []
    try:
        try:
            1 / 0
        finally:
            out.append(1)
            [][1]
    except IndexError:
        out.append(2)
    try:
        try:
            int('x')
        except ValueError:
            {}['k']
    except KeyError as e:
        out.append(e.args)
    return out
# --
# call ()
def f():
    return '{:>5}|{:<5}|{:^5}|{:05d}|{:+.1f}|{:,}|{!r}'.format('a', 'b', 'c', 42, 3.14159, 1234567, 'q'), '{a}{b}'.format(a=1, b=2), '{{}}'.format(), '{:{}}'.format('x', 4), '%s %d %.2f %x %o %e %5s %-5s| %05d %%' % ('s', 3, 2.5, 255, 8, 12345.678, 'r', 'l', 42), '%c%c' % ('a', 98)
# --
# call ()
def f():
    return '{} {1}'.format(1, 2)
# --
# call ()
def f():
    return '{x}'.format(1)
# --
# call ()
def f():
    return '%d' % 'a'
# --
# call ()
def f():
    return '%d %d' % (1,)
# --
# call ()
def f():
    a = [1, 2, 3]
    b = iter(a)
    return list(b), list(b), list(zip()), list(zip([1], strict=True)), sum([0.1] * 10), sum([[1], [2]], []), list(map(max, [1, 5], [3, 2])), [*map(len, ['a', 'bc'])], {**{'a': 1}}, (*range(3),)
# --
# call ()
def f():
    return list(zip([1, 2], [1], strict=True))
# --
# call ()
def f():
    x = 10
    def g():
        x = 20
        def h():
            nonlocal x
            x = 30
        h()
        return x
    return g(), x
# --
# call ()
def f():
    r = []
    for i in range(3):
        def g(n=i):
            return n + i
        r.append(g)
    return [g() for g in r]
# --
# call ()
def f():
    return (lambda a, b=2, *c, d=3: (a, b, c, d))(1, d=9)
# --
# call ('((()))',) ; ('(()',) ; ('',)
def f(s):
    depth = best = 0
    for c in s:
        depth += {'(': 1, ')': -1}.get(c, 0)
        best = max(best, depth)
    return best if not depth else None
# --
# call (100,)
def f(n):
    sieve = [True] * (n + 1)
    sieve[0:2] = [False, False]
    for i in range(2, int(n ** 0.5) + 1):
        if sieve[i]:
            sieve[i * i::i] = [False] * len(sieve[i * i::i])
    return [i for i, p in enumerate(sieve) if p]
# --
# call ([[1, 2], [3, 4]],)
def f(m):
    t = [list(r) for r in zip(*m)]
    p = [[sum(a * b for a, b in zip(r, c)) for c in zip(*m)] for r in m]
    flat = [x for row in m for x in row]
    return t, p, flat, [[row[i] for row in m] for i in range(2)], sum(map(sum, m)), max(map(max, m))
