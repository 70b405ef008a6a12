use burn::{module::Module, optim::GradientsParams, tensor::Device};
use milepost_core::{Cost, CostLedger, Version};
use milepost_flow::{
    Behaviour, Broadcast, CompletionSteps, CreditRule, FlowError, Gain, Groups, Kernel, NextState,
    NoiseSource, NormalizerReport, OdeCompletion, Rollout, Schedule, Scope, ScoreTable, Similarity,
    StateScorer, StepBatch, StepCredit, StepNormalizer, SurrogateReport, Terminal, Velocity, VelocityMlp,
    path_kl,
};
use milepost_microworlds::flows::FlowArena;
use milepost_policies::{Adam, AdamConfig, open_device};

use super::{
    base,
    config::{Credit, FlowRl, flow},
    curve::Curve,
    evaluate::evaluate,
    planted::localisation,
};
use crate::{Context, Measured, Metric, Recorder, Study, StudyError, Table};

impl Study for FlowRl {
    fn metrics(&self) -> Vec<Metric> {
        vec![
            Metric::higher(
                "final-reward",
                "Mean reward of samples of the deterministic sampler after training.",
            ),
            Metric::higher("final-gold", "Mean true reward of the same samples; training never sees it."),
            Metric::higher("base-reward", "Mean reward of the base model."),
            Metric::higher(
                "reward-at-equal-calls",
                "Reward after `equal-calls` network evaluations for sampling and scoring.",
            ),
            Metric::lower(
                "iterations-to-plateau",
                "Iterations until 90 % of the way to the run's own plateau.",
            ),
            Metric::lower(
                "log2-iterations-to-target",
                "Binary logarithm of the iterations until the reward first reaches `target`.",
            ),
            Metric::higher(
                "precision",
                "Share of final samples each object of which lies within 3 s of a data mode.",
            ),
            Metric::higher(
                "mode-entropy",
                "Entropy of the modes of final samples, in nats, averaged over prompts and objects.",
            ),
            Metric::lower(
                "energy-distance",
                "Energy distance of final samples to the base law, averaged over prompts.",
            ),
            Metric::lower(
                "path-kl",
                "Sum over steps of the exact KL of the policy to the base, per trajectory, in nats.",
            ),
            Metric::higher(
                "localisation",
                "Planted test: share of the absolute advantage on the only step with noise.",
            ),
            Metric::lower(
                "network-calls",
                "Network evaluations for sampling and scoring, calibration included, in millions.",
            ),
        ]
    }

    fn validate(&self) -> Result<(), StudyError> {
        self.check()
    }

    fn run(&self, context: &Context, recorder: &mut dyn Recorder) -> Result<(), StudyError> {
        let device = open_device(context.device).map_err(StudyError::part("the device"))?.device;
        let tracked = device.clone().autodiff();
        let model = base::model(self, context, &tracked, recorder)?;
        Run {
            study: self,
            seed: context.seed,
            schedule: self.schedule()?,
            kernel: self.kernel.clone(),
            base: model.valid(),
            device,
            ledger: CostLedger::unlimited(),
            curve: Curve::default(),
        }
        .train(model, recorder)
    }
}

/// The scores of a roll-out's states.
pub(super) fn score(
    study: &FlowRl,
    velocity: &dyn Velocity,
    schedule: &Schedule,
    rollout: &Rollout,
    ledger: &mut CostLedger,
) -> Result<ScoreTable, FlowError> {
    let (arena, reward) = (study.arena, study.reward);
    let reward = |x: &[f64], prompt: Option<usize>| reward.value(arena, x, prompt.unwrap_or_default());
    if study.credit.is_dense() {
        let steps = study.completion.map_or(CompletionSteps::Remaining, CompletionSteps::Fixed);
        OdeCompletion { velocity, schedule, steps, reward: &reward }.table(rollout, ledger)
    } else {
        Terminal { reward: &reward, steps: schedule.steps() }.table(rollout, ledger)
    }
}

/// The advantages that the arm makes of scores.
pub(super) fn advantages(
    study: &FlowRl,
    table: &ScoreTable,
    rollout: &Rollout,
) -> Result<(StepCredit, NormalizerReport), StudyError> {
    let credit = match study.credit {
        Credit::Terminal => Broadcast.credit(table),
        Credit::Similarity => Similarity::of(rollout).map_err(flow("credit"))?.credit(table),
        Credit::NextState => NextState.credit(table),
        Credit::Gain => Gain.credit(table),
    };
    StepNormalizer::flow_grpo(Scope::GroupStep).apply(&credit, &rollout.groups).map_err(flow("credit"))
}

/// What one seed of one arm carries along.
struct Run<'a> {
    study: &'a FlowRl,
    seed: u64,
    schedule: Schedule,
    kernel: Kernel,
    base: VelocityMlp,
    device: Device,
    ledger: CostLedger,
    curve: Curve,
}

impl Run<'_> {
    fn train(mut self, mut model: VelocityMlp, recorder: &mut dyn Recorder) -> Result<(), StudyError> {
        let study = self.study;
        let localisation = localisation(study, &self.base, self.seed, &self.device)?;
        self.calibrate(recorder)?;
        let mut adam = Adam::new(AdamConfig {
            learning_rate: study.learning_rate,
            epsilon: 1e-8,
            max_grad_norm: Some(study.max_grad_norm),
            ..AdamConfig::default()
        });
        self.point(0, &model.valid(), None, recorder)?;
        let mut last = None;
        for iteration in 0..study.iterations {
            recorder.advance(iteration as u64, study.iterations as u64)?;
            let behaviour = model.valid();
            let rollout = match self.sample(&behaviour, iteration as u64, study.prompts) {
                Ok(rollout) => rollout,
                Err(FlowError::NonFinite { .. }) => {
                    recorder.count("roll-outs that diverged (training stops)", 1);
                    break;
                }
                Err(error) => return Err(flow("sampling")(error)),
            };
            let table = score(study, &behaviour, &self.schedule, &rollout, &mut self.ledger)
                .map_err(flow("scoring"))?;
            let (advantages, normalized) = advantages(study, &table, &rollout)?;
            recorder.count("pools of equal credits", normalized.flat as u64);
            if study.credit.is_dense() {
                recorder.count("completions without a score", table.missing() as u64);
            }
            let batch = StepBatch::new(&rollout, &self.schedule, &advantages, study.least_std)
                .map_err(flow("the batch"))?;
            let Some(batch) = batch.filter(StepBatch::has_signal) else {
                recorder.count("iterations without a signal", 1);
                continue;
            };
            let report = self.update(&mut model, &mut adam, &batch)?;
            let evaluated = iteration + 1;
            if evaluated % study.evaluate_every == 0 {
                self.point(evaluated, &model.valid(), Some(&report), recorder)?;
            }
            last = Some((batch, rollout.groups.rows()));
        }
        let trained = model.valid();
        if study.credit == Credit::Gain && study.completion.is_none() {
            self.balance(&trained, recorder)?;
        }
        let path = last
            .map(|(batch, rows)| path_kl(&trained, &self.base, &batch, rows))
            .transpose()
            .map_err(flow("path KL"))?;
        recorder.result(
            "path-kl",
            path.map_or_else(|| Measured::Undefined("nothing was trained".to_owned()), Measured::from),
        )?;
        let shared =
            localisation.map_or_else(|| Measured::Undefined("no advantage".to_owned()), Measured::from);
        recorder.result("localisation", shared)?;
        self.finish(&trained, recorder)
    }

    /// Samples groups for all prompts in turn, `prompts` of them.
    fn sample(
        &mut self,
        velocity: &VelocityMlp,
        iteration: u64,
        prompts: usize,
    ) -> Result<Rollout, FlowError> {
        let FlowRl { group, surrogate, arena, shared_noise, .. } = self.study;
        let asked = (0..prompts).map(|i| Some(i % FlowArena::PROMPTS)).collect();
        let groups = Groups::new(asked, *group)?;
        let noise = NoiseSource { run_seed: self.seed, iteration, evaluation: false };
        let id = |row: usize| if *shared_noise { row / group } else { row };
        let ids: Vec<u64> = (0..groups.rows()).map(|row| id(row) as u64).collect();
        let start = noise.start(&ids, arena.dimension(), &self.device);
        let behaviour = Behaviour {
            kernel: &self.kernel,
            schedule: &self.schedule,
            hook: None,
            reduce: surrogate.reduce,
            form: surrogate.form,
        };
        behaviour.rollout(velocity, Version(iteration), start, ids, &groups, &noise, &mut self.ledger)
    }

    fn update(
        &self,
        model: &mut VelocityMlp,
        adam: &mut Adam,
        batch: &StepBatch,
    ) -> Result<SurrogateReport, StudyError> {
        let objective = &self.study.surrogate;
        let reference = (objective.beta > 0.0).then(|| batch.velocities(&self.base));
        let mut measured = None;
        for _ in 0..self.study.updates {
            let (loss, read) = objective.loss(model, batch, reference.as_ref());
            let gradients = GradientsParams::from_grads(loss.backward(), model);
            (*model, _) = adam.step(model.clone(), gradients);
            measured = Some(read);
        }
        let measured = measured.ok_or(FlowError::Size { what: "updates", expected: 1, found: 0 });
        measured.and_then(SurrogateReport::read).map_err(flow("the update"))
    }

    /// Replaces the kernel by a calibrated table, if the arm asks for it.
    fn calibrate(&mut self, recorder: &mut dyn Recorder) -> Result<(), StudyError> {
        let (Some(calibration), Kernel::FlowSde { a }) = (self.study.calibration, self.kernel.clone()) else {
            return Ok(());
        };
        let base = self.base.clone();
        let initial = Kernel::flow_table(a, &self.schedule);
        let dense = FlowRl { credit: Credit::Gain, ..self.study.clone() };
        let calibrated = calibration.run(initial.clone(), |round, psi| {
            self.kernel = Kernel::TableSde { psi: psi.to_vec() };
            // Far above the iterations of training: calibration has noise of its own.
            let rollout = self.sample(&base, u64::MAX - round as u64, 2 * self.study.prompts)?;
            let table = score(&dense, &base, &self.schedule, &rollout, &mut self.ledger)?;
            Ok(Gain.credit(&table).balance())
        });
        let calibrated = calibrated.map_err(flow("calibration"))?;
        recorder.count("rounds of calibration", calibrated.trace.len() as u64);
        let row = |k: usize| (format!("{k}"), vec![Some(initial[k]), Some(calibrated.psi[k])]);
        recorder.table(Table {
            name: "noise".to_owned(),
            caption: "Diffusion coefficient of each step before and after calibration.".to_owned(),
            columns: vec!["before".to_owned(), "calibrated".to_owned()],
            rows: (0..initial.len()).map(row).collect(),
        })?;
        self.kernel = Kernel::TableSde { psi: calibrated.psi };
        Ok(())
    }

    /// How gains and losses balance at each step, before and after training.
    fn balance(&mut self, trained: &VelocityMlp, recorder: &mut dyn Recorder) -> Result<(), StudyError> {
        // A diagnosis of ours, which the method does not pay for.
        let paid = self.ledger.clone();
        let mut columns = Vec::new();
        for velocity in [self.base.clone(), trained.clone()] {
            let Ok(rollout) = self.sample(&velocity, u64::MAX / 2, self.study.prompts) else { break };
            let table = score(self.study, &velocity, &self.schedule, &rollout, &mut CostLedger::unlimited())
                .map_err(flow("scoring"))?;
            let rows = rollout.groups.rows() as f64;
            let balance = Gain.credit(&table).balance();
            columns.push(balance.iter().map(|b| Some(b.gains as f64 / rows)).collect::<Vec<_>>());
            columns.push(balance.iter().map(|b| Some(b.losses as f64 / rows)).collect());
        }
        self.ledger = paid;
        if columns.len() < 4 {
            recorder.count("tables of the balance left out: a roll-out diverged", 1);
            return Ok(());
        }
        let names = ["gains, base", "losses, base", "gains, trained", "losses, trained"];
        recorder.table(Table {
            name: "balance".to_owned(),
            caption: "Share of trajectories whose reward each step raised and lowered.".to_owned(),
            columns: names.map(str::to_owned).to_vec(),
            rows: (0..self.study.steps)
                .map(|k| (format!("{k}"), columns.iter().map(|c| c[k]).collect()))
                .collect(),
        })
    }

    /// A point of the learning curve.
    fn point(
        &mut self,
        iteration: usize,
        velocity: &VelocityMlp,
        report: Option<&SurrogateReport>,
        recorder: &mut dyn Recorder,
    ) -> Result<(), StudyError> {
        let samples = self.study.evaluation_samples;
        let found = evaluate(self.study, velocity, self.seed, samples, false, &self.device)?;
        let Some(found) = found else { return Ok(()) };
        recorder.count("evaluation samples that are not finite", found.lost);
        let calls = self.ledger.spent(Cost::NetworkCalls) as f64;
        let rewards = self.ledger.spent(Cost::RewardCalls) as f64;
        self.curve.push(iteration as f64, calls, found.reward);
        let mut values = vec![("reward", found.reward), ("gold", found.gold), ("precision", found.precision)];
        if let Some(report) = report {
            values.extend([("clipped", report.clipped), ("kl", report.kl)]);
        }
        recorder.point(
            &[("iterations", iteration as f64), ("network-calls", calls), ("reward-calls", rewards)],
            &values,
        )
    }

    fn finish(&mut self, trained: &VelocityMlp, recorder: &mut dyn Recorder) -> Result<(), StudyError> {
        let study = self.study;
        let base = evaluate(study, &self.base, self.seed, study.final_samples, false, &self.device)?;
        let found = evaluate(study, trained, self.seed, study.final_samples, true, &self.device)?;
        let lost = || Measured::Undefined("no sample is finite".to_owned());
        let measured = |value: Option<f64>| value.map_or_else(lost, Measured::from);
        recorder.result("base-reward", measured(base.map(|e| e.reward)))?;
        recorder.result("final-reward", measured(found.as_ref().map(|e| e.reward)))?;
        recorder.result("final-gold", measured(found.as_ref().map(|e| e.gold)))?;
        recorder.result("precision", measured(found.as_ref().map(|e| e.precision)))?;
        recorder.result("mode-entropy", measured(found.as_ref().map(|e| e.mode_entropy)))?;
        recorder.result("energy-distance", measured(found.as_ref().and_then(|e| e.energy)))?;
        recorder.result("iterations-to-plateau", self.curve.to_plateau())?;
        recorder.result("log2-iterations-to-target", self.curve.log2_to(study.target))?;
        recorder.result("reward-at-equal-calls", self.curve.at_calls(study.equal_calls as f64))?;
        recorder.result("network-calls", Measured::from(self.ledger.spent(Cost::NetworkCalls) as f64 / 1e6))
    }
}
