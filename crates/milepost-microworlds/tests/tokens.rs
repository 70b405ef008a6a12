//! The token tasks keep the laws of worlds that are read and written in tokens.

use milepost_microworlds::tokens::{
    ArithChain, ArithChainConfig, Domain, Route, SingleTurn, TraceLab, TraceLabConfig, TurnTask,
};
use milepost_testkit::tokens::{Options, demonstrator_conformance};

fn conforms<T: TurnTask>(task: T) {
    let met = demonstrator_conformance(&SingleTurn::new(task), &Options::default());
    assert!(met.malformed > 0 && met.endings > 0 && met.solved > 0, "{met:?}");
}

#[test]
fn arith_chain_conforms_with_one_route_and_with_all() {
    conforms(ArithChain::new(ArithChainConfig::default()).expect("valid"));
    let config = ArithChainConfig { routes: Route::ALL.to_vec(), least: 1, ..ArithChainConfig::default() };
    conforms(ArithChain::new(config).expect("valid"));
}

#[test]
fn trace_lab_conforms_in_every_domain() {
    conforms(TraceLab::new(TraceLabConfig::default()).expect("valid"));
    for domain in Domain::ALL {
        let config = TraceLabConfig { domains: vec![domain], criteria: 0.5, ..TraceLabConfig::default() };
        conforms(TraceLab::new(config).expect("valid"));
    }
}
