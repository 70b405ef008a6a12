use burn::tensor::Device;

use super::*;

/// Bright bars of width 3 at every place of a row of 24.
fn bars(count: usize) -> Vec<f32> {
    let value = |row: usize, column: usize| f32::from(u8::from((row % 22..row % 22 + 3).contains(&column)));
    (0..count).flat_map(|row| (0..24).map(move |column| value(row, column))).collect()
}

fn network(config: AutoencoderConfig) -> Autoencoder {
    Autoencoder::new(config, 24, 3, &Device::flex()).expect("valid")
}

fn small() -> AutoencoderConfig {
    AutoencoderConfig {
        hidden: vec![16],
        code: 4,
        epochs: 60,
        batch: 32,
        learning_rate: 1e-2,
        ..Default::default()
    }
}

fn mean_error(network: &Autoencoder) -> f32 {
    let encodings = network.encode(&bars(22)).expect("encodes");
    encodings.iter().map(|encoding| encoding.error).sum::<f32>() / 22.0
}

#[test]
fn training_reconstructs_better_and_repeats_bit_for_bit() {
    let run = || {
        let mut network = network(small());
        let before = mean_error(&network);
        let report = network.fit(&bars(200)).expect("trains");
        assert!(report.changed && report.validation_loss.is_some());
        assert_eq!(report.rows, u64::from(report.epochs) * 200);
        (before, mean_error(&network), network.encode(&bars(22)).expect("encodes"), report)
    };
    let (before, after, ..) = run();
    assert!(after < 0.5 * before, "{before} {after}");
    assert_eq!(run(), run());
}

#[test]
fn a_row_is_described_alike_alone_and_in_any_company() {
    let mut network = network(small());
    network.fit(&bars(40)).expect("trains");
    let together = network.encode(&bars(600)).expect("encodes");
    for row in [0, 7, 21] {
        let alone = network.encode(&bars(22)[row * 24..(row + 1) * 24]).expect("encodes");
        assert_eq!(alone[0], together[row]);
        assert_eq!(together[row + 22 * 25], together[row]);
    }
}

#[test]
fn the_error_is_the_mean_square_of_what_is_missing() {
    let network = network(small());
    let rows = bars(3);
    let layers = network.layers.valid();
    let x = tensor(&rows, 24, &Device::flex());
    let made = layers.decode(layers.encode(x)).try_into_vec_as::<f32>().expect("reads");
    for (row, encoding) in network.encode(&rows).expect("encodes").into_iter().enumerate() {
        let range = row * 24..(row + 1) * 24;
        let sum: f32 = made[range.clone()].iter().zip(&rows[range]).map(|(a, b)| (a - b) * (a - b)).sum();
        assert!((encoding.error - sum / 24.0).abs() < 1e-6);
        assert!(encoding.code.len() == 4 && encoding.code.iter().all(|x| *x >= 0.0));
    }
}

#[test]
fn a_training_that_comes_out_not_finite_leaves_the_network_as_it_was() {
    let mut network = network(AutoencoderConfig { learning_rate: 1e30, ..small() });
    let before = network.encode(&bars(5)).expect("encodes");
    let report = network.fit(&bars(50)).expect("trains");
    assert!(!report.changed);
    assert_eq!(network.encode(&bars(5)).expect("encodes"), before);
}

#[test]
fn few_rows_are_all_trained_on_and_none_change_nothing() {
    let mut network = network(small());
    let report = network.fit(&bars(9)).expect("trains");
    assert_eq!((report.epochs, report.rows, report.validation_loss), (10, 90, None));
    assert!(!network.fit(&[]).expect("nothing to do").changed);
}

#[test]
fn rising_losses_stop_the_training() {
    // Noise cannot be generalised from: the loss on the rows held out soon rises.
    let noise: Vec<f32> =
        (0u32..24 * 60).map(|i| (i.wrapping_mul(2_654_435_761) >> 8) as f32 / 16_777_216.0).collect();
    let mut network = network(AutoencoderConfig { epochs: 1000, ..small() });
    let report = network.fit(&noise).expect("trains");
    assert!(report.epochs < 1000, "{report:?}");
}

#[test]
fn rows_and_settings_that_do_not_fit_are_refused() {
    assert!(network(small()).encode(&[0.0; 25]).is_err());
    for wrong in [AutoencoderConfig { code: 0, ..small() }, AutoencoderConfig { holdout: 1.0, ..small() }] {
        assert!(Autoencoder::new(wrong, 24, 0, &Device::flex()).is_err());
    }
}
