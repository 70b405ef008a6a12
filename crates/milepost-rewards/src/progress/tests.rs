use milepost_core::{Purpose, StreamKey};
use milepost_progress::Potential;
use milepost_progress::View;
use milepost_progress::robo_dopamine::{Bounds, FusedProgress, Fusion, Keyframes, PairSampler};

use super::*;

/// A line of eight cells; `ego` sees whether the cell is even.
fn frame(position: usize) -> Arc<Frame> {
    let line = (0..8).map(|cell| if cell == position { 1.0 } else { 0.0 }).collect();
    let global = View::new("global", [1, 8, 1], line).expect("full");
    let ego = View::new("ego", [1, 1, 1], vec![(position % 2) as f32]).expect("full");
    Arc::new(Frame { views: vec![global, ego], ..Frame::default() })
}

fn stream(seed: u64) -> Stream {
    Stream::new(StreamKey::new(seed, Purpose::named("hop-tests")))
}

fn config() -> HopModelConfig {
    HopModelConfig {
        steps: 300,
        batch: 64,
        embedding: 16,
        hidden: 16,
        learning_rate: 1e-2,
        ..HopModelConfig::default()
    }
}

fn data() -> (Vec<Demonstration>, Vec<Pair>) {
    let demonstrations = vec![Demonstration { frames: (0..8).map(frame).collect(), task: 0 }; 3];
    let progress = vec![Keyframes::ends(8).expect("enough").progress(); 3];
    let (pairs, _) = PairSampler::default().sample(&progress, 500, &mut stream(0)).expect("pairs");
    (demonstrations, pairs)
}

fn trained(seed: u64) -> HopModel {
    let (demonstrations, pairs) = data();
    let mut model = HopModel::new(config(), &frame(0), seed, &Device::flex()).expect("valid");
    let losses = model.fit(&demonstrations, &pairs, &mut stream(seed)).expect("learns");
    let (first, last) = (losses[..10].iter().sum::<f64>(), losses[losses.len() - 10..].iter().sum::<f64>());
    assert!(last < 0.2 * first, "{first} {last}");
    model
}

#[test]
fn learned_hops_fuse_to_the_progress_of_the_line() {
    let mut progress = FusedProgress::new(trained(0), frame(7), Fusion::Mean, Bounds::Clip);
    progress.reset(0, &frame(0)).expect("resets");
    for position in [1, 2, 3, 4, 5, 4, 5, 6, 7] {
        let phi = progress.advance(0, &frame(position)).expect("judges").expect("known");
        let truth = position as f64 / 7.0;
        assert!((phi - truth).abs() < 0.15, "{position}: {phi} {truth}");
    }
}

#[test]
fn the_same_seed_trains_the_same_bits_and_weights_survive_as_bytes() {
    let (a, b) = (trained(3), trained(3));
    assert_eq!(a.to_bytes().expect("bytes"), b.to_bytes().expect("bytes"));
    let fresh = HopModel::new(config(), &frame(0), 9, &Device::flex()).expect("valid");
    let restored = fresh.with_bytes(&a.to_bytes().expect("bytes")).expect("fits");
    assert_eq!(restored.to_bytes().expect("bytes"), a.to_bytes().expect("bytes"));
}

#[test]
fn a_missing_view_is_no_error_but_another_size_is() {
    let mut model = HopModel::new(config(), &frame(0), 1, &Device::flex()).expect("valid");
    let blind = Arc::new(Frame { views: vec![frame(3).views[0].clone()], ..Frame::default() });
    let mut ask = |after: &Arc<Frame>| {
        let (init, goal) = (frame(0), frame(7));
        model.judge(&[Question { init: &init, goal: &goal, before: &init, after }])
    };
    assert!(ask(&blind).expect("judges")[0].is_some_and(|hop| hop.abs() <= 1.0));
    let short = View::new("global", [1, 2, 1], vec![0.0, 1.0]).expect("full");
    assert!(matches!(
        ask(&Arc::new(Frame { views: vec![short], ..Frame::default() })),
        Err(ProgressError::Judge { .. })
    ));
    assert_eq!(model.judge(&[]), Ok(vec![]));
}

#[test]
fn settings_and_pairs_that_cannot_work_are_refused() {
    let build = |config| HopModel::new(config, &frame(0), 0, &Device::flex());
    assert!(build(HopModelConfig { views: vec!["wrist".into()], ..config() }).is_err());
    assert!(build(HopModelConfig { batch: 0, ..config() }).is_err());
    assert!(build(HopModelConfig { reference_swap: 1.5, ..config() }).is_err());
    let mut model = build(config()).expect("valid");
    let (demonstrations, _) = data();
    assert!(model.fit(&demonstrations, &[], &mut stream(0)).is_err());
    let beyond = Pair { episode: 0, before: 0, after: 8, hop: 1.0 };
    assert!(model.fit(&demonstrations, &[beyond], &mut stream(0)).is_err());
}
