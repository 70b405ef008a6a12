"""Runs programs of the differential test under CPython: JSON jobs on stdin, one answer a job on stdout."""
import io, json, resource, signal, sys

sys.setrecursionlimit(1050)
# A width of ten billion is asked for on purpose: it must end in a MemoryError, not in the machine's memory.
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
PLAIN = (type(None), bool, int, float, str, list, tuple, dict, set, frozenset)


class Late(BaseException):
    pass


def late(*_):
    raise Late


def plain(value, depth=0):
    if type(value) not in PLAIN or depth > 60:
        return False
    if type(value) in (list, tuple, set, frozenset):
        return all(plain(x, depth + 1) for x in value)
    if type(value) is dict:
        return all(plain(k, depth + 1) and plain(v, depth + 1) for k, v in value.items())
    return True


def nearest(error):
    import builtins
    return next(c.__name__ for c in type(error).__mro__ if getattr(builtins, c.__name__, None) is c)


def run(source, entry, args):
    out, saved = io.StringIO(), sys.stdout
    sys.stdout = out
    signal.setitimer(signal.ITIMER_REAL, 1.0)
    try:
        space = {"__name__": "program"}
        exec(compile(source, "program", "exec", dont_inherit=True), space)
        if entry not in space:
            raise NameError(entry)
        value = space[entry](*eval(args))
        signal.setitimer(signal.ITIMER_REAL, 0)
        if not plain(value):
            return ["other", ""]
        return ["value", repr(value), out.getvalue()]
    except (Late, MemoryError):
        return ["late", ""]
    except (SyntaxError, ValueError) as error:
        return ["syntax" if isinstance(error, SyntaxError) and error.filename == "program" else "raised", nearest(error)]
    except Exception as error:
        return ["raised", nearest(error)]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.stdout = saved


signal.signal(signal.SIGALRM, late)
# A generated program may ask for far more than the machine that is compared with would ever grant.
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
except (ImportError, ValueError, OSError):
    pass
import warnings
warnings.simplefilter("ignore")
for line in sys.stdin:
    job = json.loads(line)
    answers = [run(job["source"], job["entry"], args) for args in job["args"]]
    print(json.dumps(answers), flush=True)
