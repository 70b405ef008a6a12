//! Values recorded from d3rlpy: see the notes of each section.

use std::collections::BTreeMap;

use burn::tensor::{Device, Int, Tensor, TensorData};
use milepost_testkit::golden::{self, Array, Golden, Tolerance};
use serde_json::Value;

use super::*;

/// The named values of a case.
struct Values<'a>(&'a BTreeMap<String, Value>);

impl Values<'_> {
    fn array(&self, name: &str) -> Array {
        golden::array(&self.0[name]).unwrap_or_else(|| panic!("{name} is no array"))
    }
    fn number(&self, name: &str) -> f64 {
        golden::number(&self.0[name])
    }
    fn flat(&self, name: &str) -> Vec<f64> {
        golden::numbers(&self.0[name])
    }
    /// With gradients, reshaped to `D` axes (a trailing axis of one may be dropped).
    fn tensor<const D: usize>(&self, name: &str) -> Tensor<D> {
        let Array { mut shape, data } = self.array(name);
        while shape.len() > D && shape.last() == Some(&1) {
            shape.pop();
        }
        let shape: [usize; D] = shape.try_into().unwrap_or_else(|s| panic!("{name} has shape {s:?}"));
        let data: Vec<f32> = data.into_iter().map(|x| x as f32).collect();
        Tensor::from_data(TensorData::new(data, shape), &Device::flex().autodiff()).require_grad()
    }
}

fn host<const D: usize>(x: Tensor<D>) -> Vec<f64> {
    x.into_data().iter::<f64>().collect()
}

/// Runs `check` on every case of a section, with the tolerance for single precision.
fn each(section: &str, check: impl Fn(Values<'_>, Values<'_>, Tolerance)) {
    let file = Golden::read("offline.json").expect("the fixture is there");
    let section = file.section(section);
    assert!(!section.cases.is_empty());
    for case in &section.cases {
        check(Values(&case.inputs), Values(&case.outputs), section.tolerance.f32);
    }
}

#[test]
fn iql_fixture() {
    each("iql", |input, want, tolerance| {
        let number = |name| input.number(name);
        let continues = input.tensor::<1>("terminal").neg().add_scalar(1.0);
        let target = td_target(input.tensor("reward"), continues, input.tensor("v_next"), number("gamma"));
        tolerance.check("q_target", &host(target.clone()), &want.flat("q_target"));

        let q = input.tensor::<2>("q");
        let loss = critic_loss(q.clone(), target.detach());
        tolerance.check("q_loss", &host(loss.clone()), &[want.number("q_loss")]);
        let grads = loss.backward();
        tolerance.check("grad_q", &host(q.grad(&grads).expect("tracked")), &want.flat("grad_q"));

        let v = input.tensor::<1>("v");
        let best: Tensor<1> = input.tensor::<2>("target_q").detach().min_dim(0).squeeze_dim(0);
        let u = best - v.clone();
        let loss = expectile_loss(u.clone(), number("expectile"));
        tolerance.check("v_loss", &host(loss.clone()), &[want.number("v_loss")]);
        let grads = loss.backward();
        tolerance.check("grad_v", &host(v.grad(&grads).expect("tracked")), &want.flat("grad_v"));

        let weight = advantage_weights(u, number("weight_temp"), number("max_weight"));
        tolerance.check("actor_weight", &host(weight.clone()), &want.flat("actor_weight"));
        let mean = input.tensor::<2>("policy_mean_squashed");
        let n = mean.dims()[0];
        let components = mean.dims()[1];
        let log_std = input.tensor::<1>("policy_logstd").unsqueeze_dim::<2>(0).expand([n, components]);
        let log_std = Tensor::from_inner(log_std.inner()).require_grad();
        let log_prob = gaussian_log_prob(input.tensor("action"), mean.clone(), log_std.clone());
        let loss = (weight * log_prob).mean().neg();
        tolerance.check("actor_loss", &host(loss.clone()), &[want.number("actor_loss")]);
        let grads = loss.backward();
        let grad = |x: &Tensor<2>| host(x.grad(&grads).expect("tracked"));
        tolerance.check("grad_policy_mean", &grad(&mean), &want.flat("grad_policy_mean"));
        let per_row = want.flat("grad_policy_logstd_per_row");
        tolerance.check("grad_policy_logstd_per_row", &grad(&log_std), &per_row);
    });
}

#[test]
fn td3_plus_bc_actor_fixture() {
    each("td3_plus_bc_actor", |input, want, tolerance| {
        let action = input.tensor::<2>("policy_action");
        let value = input.tensor::<2>("q_linear") * action.clone()
            - input.tensor::<2>("q_curvature") * action.clone().square().mul_scalar(0.5);
        let q = input.tensor::<1>("q_offset") + value.sum_dim(1).squeeze_dim::<1>(1);
        tolerance.check("q", &host(q.clone()), &want.flat("q_of_policy_action"));
        let data = input.tensor("dataset_action");
        let parts =
            td3_bc_actor_loss(q, action.clone(), data, input.number("alpha"), CloningProfile::default());
        tolerance.check("bc_loss", &host(parts.cloning), &[want.number("bc_loss")]);
        tolerance.check("actor_loss", &host(parts.total.clone()), &[want.number("actor_loss")]);
        let grads = parts.total.backward();
        let grad = host(action.grad(&grads).expect("tracked"));
        tolerance.check("grad_policy_action", &grad, &want.flat("grad_policy_action"));
    });
}

#[test]
fn td3_target_fixture() {
    each("td3_target", |input, want, tolerance| {
        let smoothed = smoothed_action(
            input.tensor("target_policy_action"),
            input.tensor("standard_normal_noise"),
            input.number("sigma"),
            input.number("clip"),
        );
        tolerance.check("smoothed_action", &host(smoothed), &want.flat("smoothed_action"));
        let least = input.tensor::<2>("target_q").min_dim(0);
        tolerance.check("next_value", &host(least), &want.flat("next_value"));
    });
}

#[test]
fn cql_continuous_fixture() {
    each("cql_continuous", |input, want, tolerance| {
        let uniform = input.number("random_log_prob") as f32;
        let uniform = Tensor::<3>::from_floats([[[uniform]]], &Device::flex());
        let policy = input.tensor::<3>("q_policy_actions");
        let next = input.tensor::<3>("q_next_policy_actions");
        let random = input.tensor::<3>("q_random_actions");
        let data = input.tensor::<2>("q_data");
        let law = |q: &Tensor<3>, log_prob| ConservativeSamples { q: q.clone(), log_prob };
        let samples = vec![
            law(&policy, input.tensor("log_prob_policy_actions")),
            law(&next, input.tensor("log_prob_next_policy_actions")),
            law(&random, uniform),
        ];
        let gap = conservative_gap(samples, data.clone());
        let scaled =
            gap.sub_scalar(input.number("alpha_threshold")).mul_scalar(input.number("conservative_weight"));
        let per_critic = want.flat("conservative_loss_per_critic");
        tolerance.check("conservative_loss_per_critic", &host(scaled.clone()), &per_critic);
        let total = scaled.sum().mul_scalar(input.number("alpha"));
        tolerance.check("scaled_sum", &host(total.clone()), &[want.number("scaled_sum")]);
        let grads = total.backward();
        let grad = |x: &Tensor<3>| host(x.grad(&grads).expect("tracked"));
        tolerance.check("grad_q_policy", &grad(&policy), &want.flat("grad_q_policy"));
        tolerance.check("grad_q_next_policy", &grad(&next), &want.flat("grad_q_next_policy"));
        tolerance.check("grad_q_random", &grad(&random), &want.flat("grad_q_random"));
        let grad_data = host(data.grad(&grads).expect("tracked"));
        tolerance.check("grad_q_data", &grad_data, &want.flat("grad_q_data"));
    });
}

#[test]
fn cql_discrete_fixture() {
    each("cql_discrete", |input, want, tolerance| {
        let actions: Vec<i32> = input.flat("action").into_iter().map(|a| a as i32).collect();
        let n = actions.len();
        let device = Device::flex().autodiff();
        let action = Tensor::<1, Int>::from_data(TensorData::new(actions, [n]), &device);
        let (next, value) = double_target(input.tensor("q_next_online"), input.tensor("q_next_target"));
        let next: Vec<f64> = next.into_data().iter::<f64>().collect();
        tolerance.check("next_action", &next, &want.flat("next_action"));
        tolerance.check("next_value", &host(value.clone()), &want.flat("next_value"));

        let q = input.tensor::<3>("q");
        let continues = input.tensor::<1>("terminal").neg().add_scalar(1.0);
        let target = td_target(input.tensor("reward"), continues, value, input.number("gamma")).detach();
        let td = huber(q.clone(), action.clone(), target);
        tolerance.check("td_loss", &host(td.clone()), &[want.number("td_loss")]);
        let gap = discrete_conservative_gap(q.clone(), action);
        tolerance.check("conservative_loss", &host(gap.clone()), &[want.number("conservative_loss")]);
        let loss = td + gap.mul_scalar(input.number("alpha"));
        tolerance.check("loss", &host(loss.clone()), &[want.number("loss")]);
        let grads = loss.backward();
        tolerance.check("grad_q", &host(q.grad(&grads).expect("tracked")), &want.flat("grad_q"));
    });
}
