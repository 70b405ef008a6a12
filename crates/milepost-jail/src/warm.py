"""The warm parent and, after each fork, the child that runs one test.

The parent is trusted and blind: it never holds a program, an argument or a result. It forks when told to,
waits on a pidfd with the wall limit, kills, reaps, and reports what the kernel says.

The child takes its job from a socket, seals itself, and only then loads the program. From that moment it is
assumed to be corrupted: what it answers is read as a value and nothing else.

Descriptors: 3 control, 4 jobs. Arguments: the system-call filter in hex, its level's modules are all ours.
"""
import sys

sys.path[:] = [entry for entry in sys.path if entry]  # `-c` puts the working directory first

import builtins, ctypes, gc, io, mmap, os, random, resource, select, signal, socket, struct, time, types

# What programs commonly import: loaded once, so that a fork has it.
import abc, array, bisect, collections, collections.abc, copy, dataclasses, datetime, decimal, enum, fractions
import functools, heapq, itertools, json, math, numbers, operator, re, statistics, string, textwrap, typing

# A program that patches `builtins` must not reach this module's look-ups.
globals().update({k: v for k, v in vars(builtins).items() if not k.startswith("_")})

CONTROL, JOBS = 3, 4
ORDER = struct.Struct("<QI")  # job, wall limit in ms
REPORT = struct.Struct("<QiIQQQ")  # job, wait status, timed out, CPU in µs, wall in µs, peak bytes
HEADER = struct.Struct("<8Q")  # job, address space, CPU s, output, result bytes, depth, nodes, integer bits
FRAME = struct.Struct("<8sQQ")  # magic, job, length
MAGIC = b"MILEPOST"
PR_SET_PDEATHSIG, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 1, 22, 2
SETUP_FAILED = 113

libc = ctypes.CDLL(None, use_errno=True)


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


FILTER_BYTES = ctypes.create_string_buffer(bytes.fromhex(sys.argv[1]))
FILTER = Program((len(FILTER_BYTES) - 1) // 8, ctypes.addressof(FILTER_BYTES))
FILTER_AT = ctypes.c_void_p(ctypes.addressof(FILTER))
PRCTL = libc.prctl
PRCTL.argtypes = [ctypes.c_int, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_ulong]

# ---- plain values: a tag byte, then lengths as u32 and numbers, little-endian ----

U32, I64, F64 = struct.Struct("<I"), struct.Struct("<q"), struct.Struct("<d")
int_from_bytes, int_to_bytes, bit_length = int.from_bytes, int.to_bytes, int.bit_length
encode_str, dict_items = str.encode, dict.items
SEQUENCES = {"l": list, "t": tuple, "S": set, "Z": frozenset}


def decode(data, at):
    """The value at an offset, and the offset behind it. The host bounds its depth."""
    tag = chr(data[at])
    at += 1
    if tag == "N":
        return None, at
    if tag == "T" or tag == "F":
        return tag == "T", at
    if tag == "i":
        return I64.unpack_from(data, at)[0], at + 8
    if tag == "f":
        return F64.unpack_from(data, at)[0], at + 8
    if tag == "I":
        negative = data[at]
        end = at + 5 + U32.unpack_from(data, at + 1)[0]
        magnitude = int_from_bytes(data[at + 5 : end], "little")
        return (-magnitude if negative else magnitude), end
    count = U32.unpack_from(data, at)[0]
    at += 4
    if tag == "s":
        return data[at : at + count].decode(), at + count
    if tag == "b":
        return data[at : at + count], at + count
    items = []
    for _ in range(2 * count if tag == "d" else count):
        item, at = decode(data, at)
        items.append(item)
    if tag == "d":
        return dict(zip(items[::2], items[1::2])), at
    return SEQUENCES[tag](items), at


class Invalid(Exception):
    """Not plain data: `n` foreign, `c` cyclic, `d` too deep, `l` too large."""


class Encoder:
    """Plain data of exactly the built-in types, within limits. Calls no method of any foreign object."""

    def __init__(self, size, depth, nodes, bits):
        self.size, self.depth, self.nodes, self.bits = size, depth, nodes, bits
        self.out, self.path = [], set()

    def put(self, data):
        self.size -= len(data)
        if self.size < 0:
            raise Invalid("l")
        self.out.append(data)

    def value(self, v, level):
        self.nodes -= 1
        if self.nodes < 0:
            raise Invalid("l")
        t = type(v)
        if v is None:
            self.put(b"N")
        elif t is bool:
            self.put(b"T" if v else b"F")
        elif t is int:
            if -(1 << 63) <= v < (1 << 63):
                self.put(b"i" + I64.pack(v))
            elif bit_length(v) > self.bits:
                raise Invalid("l")
            else:
                m = int_to_bytes(abs(v), (bit_length(v) + 7) // 8, "little")
                self.put(b"I" + (b"\1" if v < 0 else b"\0") + U32.pack(len(m)) + m)
        elif t is float:
            self.put(b"f" + F64.pack(v))
        elif t is str or t is bytes:
            if len(v) > self.size:
                raise Invalid("l")
            if t is str:
                try:
                    v = encode_str(v, "utf-8")
                except UnicodeEncodeError:
                    raise Invalid("n") from None
            self.put((b"s" if t is str else b"b") + U32.pack(len(v)))
            self.put(v)
        elif t is list or t is tuple or t is dict or t is set or t is frozenset:
            if id(v) in self.path:
                raise Invalid("c")
            if level >= self.depth:
                raise Invalid("d")
            tag = b"l" if t is list else b"t" if t is tuple else b"d" if t is dict else b"S" if t is set else b"Z"
            self.put(tag + U32.pack(len(v)))
            self.path.add(id(v))
            if t is dict:
                for key, item in dict_items(v):
                    self.value(key, level + 1)
                    self.value(item, level + 1)
            else:
                for item in v:
                    self.value(item, level + 1)
            self.path.discard(id(v))
        else:
            raise Invalid("n")


# ---- exceptions ----

BUILTIN_CLASSES = tuple(
    (c, c.__name__.encode())
    for c in vars(builtins).values()
    if isinstance(c, type) and issubclass(c, BaseException) and c.__module__ == "builtins"
)
mro_of = type.__dict__["__mro__"].__get__
traceback_of = BaseException.__dict__["__traceback__"].__get__
FILENAME = "<program>"


def raised(error):
    """The nearest built-in class and the last line inside the program. The message is never formatted."""
    name = b"BaseException"
    for c in mro_of(type(error)):
        known = [n for b, n in BUILTIN_CLASSES if b is c]
        if known:
            name = known[0]
            break
    line, trace, steps = 0, traceback_of(error), 0
    while trace is not None and steps < 100000:
        if trace.tb_frame.f_code.co_filename == FILENAME:
            line = trace.tb_lineno or 0
        trace = trace.tb_next
        steps += 1
    return b"E" + U32.pack(line) + name


# ---- one test ----


def lower(which, soft, hard):
    """A limit, or the tighter one that already holds."""
    unlimited = resource.RLIM_INFINITY
    _, ceiling = resource.getrlimit(which)
    if ceiling != unlimited:
        soft, hard = min(soft, ceiling), min(hard, ceiling)
    resource.setrlimit(which, (soft, hard))


def take_job():
    """The job's numbers and its descriptors, which are this child's alone."""
    sock = socket.socket(fileno=JOBS)
    message, ancillary, _, _ = sock.recvmsg(HEADER.size, socket.CMSG_SPACE(5 * 4), socket.MSG_DONTWAIT)
    sock.detach()
    (_, _, data), = ancillary
    return HEADER.unpack(message), struct.unpack("<5i", data)


def prepare(parent):
    """Everything up to the point where the program may run: nothing in here is the program's doing."""
    os.setsid()  # a group of its own, which the parent kills as a whole
    if PRCTL(PR_SET_PDEATHSIG, signal.SIGKILL, None, 0, 0) != 0 or os.getppid() != parent:
        os._exit(SETUP_FAILED)
    numbers, (job, stdin, result, stdout, stderr) = take_job()
    number, space, cpu, output, capacity = numbers[:5]
    data = os.pread(job, os.fstat(job).st_size, 0)
    size = U32.unpack_from(data, 0)[0]
    source = data[4 : 4 + size].decode()
    at = 4 + size
    size = U32.unpack_from(data, at)[0]
    entry = data[at + 4 : at + 4 + size].decode()
    arguments, _ = decode(data, at + 4 + size)
    answer = mmap.mmap(result, capacity)
    os.dup2(stdin, 0)
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    for fd in (CONTROL, job, stdin, result, stdout, stderr):
        os.close(fd)
    random.seed(0)  # the module reseeds itself after a fork
    gc.enable()
    lower(resource.RLIMIT_AS, space, space)
    lower(resource.RLIMIT_CPU, cpu, cpu + 1)
    lower(resource.RLIMIT_FSIZE, output, output)
    lower(resource.RLIMIT_STACK, 8 << 20, 8 << 20)
    lower(resource.RLIMIT_NPROC, 0, 0)
    lower(resource.RLIMIT_NOFILE, 64, 64)
    lower(resource.RLIMIT_CORE, 0, 0)
    if PRCTL(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, FILTER_AT, 0, 0) != 0:
        os._exit(SETUP_FAILED)
    return number, capacity, numbers[5:], source, entry, arguments, answer


def load_and_call(source, entry, arguments, limits, capacity):
    """Loads the program, calls it, and gives the answer's bytes."""
    try:
        code = compile(source, FILENAME, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 0
        text = error.msg if isinstance(error, SyntaxError) else f"too complex ({type(error).__name__})"
        return b"X" + U32.pack(max(line, 0)) + str(text)[:200].encode(errors="replace")
    module = types.ModuleType("program")
    sys.modules["program"] = sys.modules["__main__"] = module
    space = module.__dict__
    space["__builtins__"] = builtins
    try:
        exec(code, space)
        if entry not in space:
            return b"E" + U32.pack(0) + b"NameError"
        value = space[entry](*arguments)
        encoder = Encoder(capacity - FRAME.size - 1, *limits)
        encoder.value(value, 0)
        return b"V" + b"".join(encoder.out)
    except Invalid as invalid:
        return b"P" + invalid.args[0].encode()
    except BaseException as error:
        return raised(error)


def child(parent):
    try:
        number, capacity, limits, source, entry, arguments, answer = prepare(parent)
    except BaseException:
        os._exit(SETUP_FAILED)
    code, leave = 1, os._exit
    flush = sys.stdout.flush, sys.stderr.flush
    try:
        os.write(JOBS, b"r")  # the last word on this socket, and the first that the program cannot prevent
        os.close(JOBS)
        payload = load_and_call(source, entry, arguments, limits, capacity)
        for f in flush:
            try:
                f()
            except Exception:
                pass
        start, end = FRAME.size, FRAME.size + len(payload)
        if end <= capacity:
            answer[start:end] = payload
            answer[:start] = FRAME.pack(MAGIC, number, len(payload))
            code = 0
    finally:
        leave(code)


# ---- the parent ----


def stream(fd, mode, errors):
    raw = io.FileIO(fd, mode, closefd=False)
    buffer = io.BufferedReader(raw) if mode == "r" else io.BufferedWriter(raw)
    return io.TextIOWrapper(buffer, encoding="utf-8", errors=errors)


def serve():
    control = socket.socket(fileno=CONTROL)
    parent = os.getpid()
    control.sendall(b"warm")
    while True:
        order = control.recv(ORDER.size, socket.MSG_WAITALL)
        if len(order) < ORDER.size:
            os._exit(0)  # the host is gone
        number, wall = ORDER.unpack(order)
        begin = time.monotonic_ns()
        try:
            pid = os.fork()
        except OSError:
            control.sendall(REPORT.pack(number, -1, 0, 0, 0, 0))
            continue
        if pid == 0:
            child(parent)
        pidfd = os.pidfd_open(pid)
        poller = select.poll()
        poller.register(pidfd, select.POLLIN)
        poller.register(CONTROL, 0)  # reports a hang-up only
        ready = [fd for fd, _ in poller.poll(wall)]
        timed_out = pidfd not in ready
        if timed_out:
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        try:
            os.killpg(pid, signal.SIGKILL)  # not reaped yet, so the number is still its own
        except OSError:
            pass
        _, status, usage = os.wait4(pid, 0)
        elapsed = time.monotonic_ns() - begin
        os.close(pidfd)
        cpu = int((usage.ru_utime + usage.ru_stime) * 1e6)
        control.sendall(
            REPORT.pack(number, status, int(timed_out), cpu, elapsed // 1000, usage.ru_maxrss * 1024)
        )


# Python ignores this one; a program that floods its output must die of it.
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
sys.stdin = sys.__stdin__ = stream(0, "r", "strict")
sys.stdout = sys.__stdout__ = stream(1, "w", "strict")
sys.stderr = sys.__stderr__ = stream(2, "w", "backslashreplace")
del sys.argv[1:]
gc.collect()
gc.freeze()
gc.disable()
serve()
