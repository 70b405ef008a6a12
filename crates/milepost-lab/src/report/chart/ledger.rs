//! Shares that sum to one, stacked over training.

use super::axes::{Axes, Size};
use super::scale::{Linear, even_indices, extent};
use super::svg::{Anchor, Svg};
use crate::report::data::Ledger;
use crate::report::number;

/// Draws a ledger; `color_of` gives a channel its colour index. `None` when nothing finite is recorded.
pub(in crate::report) fn draw(
    id: &str,
    title: &str,
    desc: &str,
    x_name: &str,
    ledger: &Ledger,
    color_of: impl Fn(&str) -> usize,
) -> Option<String> {
    let domain = extent(ledger.steps.iter().copied())?;
    if ledger.channels.is_empty() {
        return None;
    }
    let (width, height) = (Size::Small.width(), 230.0);
    let axes = Axes {
        x: Linear::new(domain, (42.0, width - 14.0)),
        y: Linear::new((0.0, 1.0), (height - 44.0, 26.0)),
    };
    let at: Vec<usize> = even_indices(ledger.steps.len());
    let layers = stack(ledger, &at);
    let mut svg = Svg::new(id, Size::Small.class(), (width, height), title, desc);
    axes.draw_y(&mut svg, 4, "share of reward paid");
    axes.draw_x(&mut svg, 4, x_name);
    for (channel, edges) in ledger.channels.iter().zip(&layers) {
        let placed: Vec<_> = at
            .iter()
            .zip(edges)
            .map(|(i, (low, high))| {
                let (x, y) = axes.at(ledger.steps[*i], *low);
                (x, y, axes.at(ledger.steps[*i], *high).1)
            })
            .collect();
        svg.open(&format!("c{}", color_of(&channel.name)), &channel.name);
        svg.area(&placed, "layer");
        svg.close();
    }
    for (channel, edges) in ledger.channels.iter().zip(&layers) {
        svg.open(&format!("c{}", color_of(&channel.name)), "");
        label(&mut svg, &axes, &at, ledger, &channel.name, edges);
        svg.close();
    }
    Some(svg.finish())
}

/// Lower and upper edge of each channel at the kept steps, normalised so that they sum to one. A step with
/// a missing or negative share, or none at all, is NaN and leaves a gap.
fn stack(ledger: &Ledger, at: &[usize]) -> Vec<Vec<(f64, f64)>> {
    let mut layers = vec![Vec::with_capacity(at.len()); ledger.channels.len()];
    for i in at {
        let shares = ledger.channels.iter().map(|c| c.share[*i]);
        let total: f64 = shares.clone().sum();
        let sound = shares.clone().all(|s| s.is_finite() && s >= 0.0) && total > 0.0;
        let mut low = 0.0;
        for (layer, share) in layers.iter_mut().zip(shares) {
            let high = low + share / total;
            layer.push(if sound { (low, high) } else { (f64::NAN, f64::NAN) });
            low = high;
        }
    }
    layers
}

/// The channel's name where its layer is thickest, if it fits there.
fn label(svg: &mut Svg, axes: &Axes, at: &[usize], ledger: &Ledger, name: &str, edges: &[(f64, f64)]) {
    let name = number::shorten(name, 18);
    let half = 4.0 * name.chars().count() as f64 + 5.0;
    let (left, right) = axes.x.range();
    let room = |k: usize| {
        let x = axes.x.at(ledger.steps[at[k]]);
        x - half > left && x + half < right && edges[k].0.is_finite()
    };
    let thickness = |k: &usize| edges[*k].1 - edges[*k].0;
    let widest = (0..at.len()).filter(|k| room(*k)).max_by(|a, b| thickness(a).total_cmp(&thickness(b)));
    if let Some(k) = widest.filter(|k| thickness(k) > 0.1) {
        let (x, y) = axes.at(ledger.steps[at[k]], f64::midpoint(edges[k].0, edges[k].1));
        svg.text((x, y + 4.0), Anchor::Middle, "inside", &name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::data::ChannelShare;

    #[test]
    fn layers_sum_to_one_and_a_bad_step_is_a_gap() {
        let channel = |name: &str, share: Vec<f64>| ChannelShare { name: name.to_owned(), share };
        let ledger = Ledger {
            steps: vec![0.0, 1.0, 2.0],
            channels: vec![channel("a", vec![1.0, 2.0, f64::NAN]), channel("b", vec![3.0, 2.0, 1.0])],
        };
        let layers = stack(&ledger, &[0, 1, 2]);
        assert_eq!(layers[0][0], (0.0, 0.25));
        assert_eq!(layers[1][1], (0.5, 1.0));
        assert!(layers[1][2].0.is_nan());
    }
}
