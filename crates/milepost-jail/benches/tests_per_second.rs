//! Tests per second at every level that this machine offers: one fork each, from the call to the report.
#![allow(clippy::print_stdout, reason = "a skipped level must be seen")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use milepost_codeexec::{Call, Source, Value};
use milepost_jail::{Config, Ending, Jail, Level, Limits, Program};

const SOURCE: &str = "def f(xs):
    seen = {}
    for x in xs:
        seen[x] = seen.get(x, 0) + 1
    best = None
    for x, n in seen.items():
        if best is None or n > seen[best]:
            best = x
    return best
";

fn tests_per_second(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("jail");
    group.throughput(Throughput::Elements(1));
    let program = Program::new(&Source::from(SOURCE), "f").expect("text");
    let numbers = (0..20).map(|x| Value::int(x % 7)).collect();
    let call = Call { args: vec![Value::List(numbers)], ..Call::default() };
    for level in [Level::Full, Level::Filtered] {
        match Jail::start(&Config::exactly(level)) {
            Ok(jail) => {
                group.bench_function(level.to_string(), |bencher| {
                    bencher.iter(|| {
                        let report = jail.call(&program, &call, &Limits::default());
                        assert_eq!(report.ending, Ending::Returned(Value::int(0)));
                    });
                });
            }
            Err(error) => println!("skipped: {level}, because {error}"),
        }
    }
    group.finish();
}

criterion_group!(benches, tests_per_second);
criterion_main!(benches);
