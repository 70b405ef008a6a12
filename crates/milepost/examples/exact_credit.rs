//! The exact advantage of every step of one episode in a world that can be enumerated, beside the credit that
//! broadcasting the return and rewards-to-go give.

use milepost::credit::reward_to_go;
use milepost::eval::exact::{StateGraph, TabularPolicy, finite};
use milepost::prelude::*;

/// The rewards of one episode, and each action with its exact advantage.
type Played = (Vec<f64>, Vec<(usize, f64)>);

fn play(
    start: &Gridworld,
    graph: &StateGraph<Gridworld>,
    values: &finite::FiniteValues,
    episode: u64,
) -> anyhow::Result<Played> {
    let mut world = start.clone();
    let mut stream = Stream::new(StreamKey::new(episode, Purpose::named("example")));
    let (mut rewards, mut exact) = (Vec::new(), Vec::new());
    while world.ending().is_none() {
        let state = graph.index_of(world.state_key())?;
        let action = stream.below(world.action_count() as u64) as usize;
        exact.push((action, values.advantage(rewards.len() as u32, state, action)));
        rewards.push(world.step(&(action as u32))?.reward);
    }
    Ok((rewards, exact))
}

#[allow(clippy::print_stdout, reason = "an example speaks to its user")]
fn main() -> anyhow::Result<()> {
    let mut world = Gridworld::make("MiniGrid-Empty-5x5-v0")?;
    world.reset(TaskSeed::literal(0))?;
    let graph = StateGraph::enumerate(&world, 100_000)?;
    let policy = TabularPolicy::uniform(graph.mdp());
    let values = finite::evaluate(graph.mdp(), &policy, graph.episode()?)?;
    println!("{} states, solved exactly under the uniform policy", graph.mdp().states());

    // The first episode of that policy that reaches the goal.
    let (rewards, exact) = (0..10_000)
        .map(|episode| play(&world, &graph, &values, episode))
        .find(|played| {
            played.as_ref().map_or(true, |(rewards, _)| rewards.iter().any(|reward| *reward > 0.0))
        })
        .ok_or_else(|| anyhow::anyhow!("no episode reached the goal"))??;
    let total: f64 = rewards.iter().sum();
    let mut to_go = vec![0.0; rewards.len()];
    reward_to_go(&rewards, 0.99, 0.0, &mut to_go)?;
    println!("return {total:.3} after {} steps; the last ten:", rewards.len());
    println!("step  action  exact advantage  broadcast  reward-to-go");
    for step in rewards.len().saturating_sub(10)..rewards.len() {
        let (action, advantage) = exact[step];
        println!("{step:>4}  {action:>6}  {advantage:>15.4}  {total:>9.3}  {:>12.3}", to_go[step]);
    }
    Ok(())
}
