use milepost_gridworld::NumpyRng;
use milepost_testkit::fixtures;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Vectors {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    seed: String,
    state: String,
    inc: String,
    ops: Vec<Vec<Value>>,
}

fn int(value: &Value) -> i64 {
    value.as_i64().expect("an integer")
}

fn ints(value: &Value) -> Vec<i64> {
    value.as_array().expect("a list").iter().map(int).collect()
}

#[test]
fn the_random_stream_equals_numpys_fixture() {
    let vectors: Vectors = fixtures::json("parity/minigrid/rng.json").expect("the fixture");
    let mut draws = 0;
    for case in &vectors.cases {
        let mut rng = NumpyRng::new(case.seed.parse().expect("a seed"));
        let (state, increment, waiting) = rng.state();
        assert_eq!(
            (format!("{state:032x}"), format!("{increment:032x}")),
            (case.state.clone(), case.inc.clone())
        );
        assert_eq!(waiting, None);
        for op in &case.ops {
            draws += 1;
            match op[0].as_str().expect("a name") {
                "integers" => {
                    let (low, high) = (int(&op[1]), int(&op[2]));
                    assert_eq!(low + rng.below((high - low) as u64) as i64, int(&op[3]));
                }
                "uniform" => assert_eq!(Some(rng.random()), op[3].as_f64()),
                "shuffle_list" | "permutation" => {
                    let mut items: Vec<i64> = (0..int(&op[1])).collect();
                    rng.shuffle(&mut items);
                    assert_eq!(items, ints(&op[2]));
                }
                "choice_range" => assert_eq!(rng.below(int(&op[1]) as u64) as i64, int(&op[2])),
                other => panic!("unknown draw {other}"),
            }
        }
    }
    assert!(draws > 0, "the fixture has no draws");
}
