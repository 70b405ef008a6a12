use super::*;

/// Smaller than the recorded tolerance: what this crate promises.
const CLOSE: Tolerance = Tolerance { abs: 1e-4, rel: 1e-4 };

fn models() -> Section {
    Golden::read("tiny_transformers.json.gz").expect("golden file").section("models").clone()
}

/// `config.json` and `model.safetensors` of a case.
fn files(case: &Case) -> (Vec<u8>, Vec<u8>) {
    let folder = case.inputs["directory"].as_str().expect("a folder");
    let read = |file: &str| {
        std::fs::read(fixtures::root().join("golden").join(folder).join(file)).expect("a fixture file")
    };
    (read("config.json"), read("model.safetensors"))
}

fn model_of(case: &Case) -> CausalTransformer {
    let (config, weights) = files(case);
    load(&config, &weights).expect("a model that can be read")
}

/// Token ids of an input, a row each.
fn rows(case: &Case, input: &str) -> Vec<Vec<u32>> {
    let ids = array(&case.inputs[input]).expect("token ids");
    ids.rows().map(|row| row.iter().map(|id| *id as u32).collect()).collect()
}

/// `[n, l, vocabulary]`, flat.
fn logits(model: &CausalTransformer, rows: &[Vec<u32>]) -> Vec<f64> {
    let hidden = model.hidden(tensor(rows));
    let [n, length, width] = hidden.dims();
    host(model.logits(hidden.reshape([n * length, width])))
}

#[test]
fn logits_of_the_fixtures_by_the_full_pass_are_those_recorded() {
    for case in models().cases {
        let want = array(&case.outputs["logits"]).expect("logits").data;
        CLOSE.check(&case.name, &logits(&model_of(&case), &rows(&case, "input_ids")), &want);
    }
}

#[test]
fn logits_of_the_fixtures_by_the_cache_are_those_recorded() {
    for case in models().cases {
        let model = model_of(&case);
        let rows = rows(&case, "input_ids");
        let (n, length) = (rows.len(), rows[0].len());
        let want = array(&case.outputs["logits"]).expect("logits").data;
        let vocabulary = want.len() / (n * length);
        // Rows start with contexts of different lengths and are read to the end together.
        let contexts: Vec<&[u32]> = rows.iter().enumerate().map(|(i, row)| &row[..=i % 3]).collect();
        let (mut cache, mut got) = model.prefill(&contexts, length, &Device::flex()).expect("fits");
        let mut at: Vec<usize> = contexts.iter().map(|context| context.len() - 1).collect();
        let mut live: Vec<usize> = (0..n).collect();
        loop {
            for (row, got) in live.iter().zip(host(got).chunks_exact(vocabulary)) {
                let start = (row * length + at[*row]) * vocabulary;
                CLOSE.check(&case.name, got, &want[start..start + vocabulary]);
            }
            let before = live.clone();
            live.retain(|row| at[*row] + 1 < length);
            if live.is_empty() {
                break;
            }
            let kept: Vec<usize> = (0..before.len()).filter(|i| live.contains(&before[*i])).collect();
            for row in &live {
                at[*row] += 1;
            }
            let tokens: Vec<u32> = live.iter().map(|row| rows[*row][at[*row]]).collect();
            got = model.decode(&mut cache, &kept, &tokens).expect("room");
        }
    }
}

#[test]
fn hidden_states_of_the_fixtures_are_those_recorded() {
    for case in models().cases {
        let model = model_of(&case);
        let input = tensor(&rows(&case, "input_ids")[..1]);
        // The embedding, then the stream after each block; the last one recorded is after the final norm.
        let mut states = vec![host(model.trunk.embed(input.clone()))];
        states.extend(model.hidden_states(input.clone()).into_iter().map(host));
        *states.last_mut().expect("the embedding at least") = host(model.hidden(input));
        let want = case.outputs["hidden_states_row0"].as_array().expect("a list");
        assert_eq!(want.len(), states.len(), "{}: layers", case.name);
        for (layer, (got, want)) in states.iter().zip(want).enumerate() {
            let want = array(want).expect("an array").data;
            CLOSE.check(&format!("{}, hidden state {layer}", case.name), got, &want);
        }
    }
}

#[test]
fn token_log_probs_of_the_fixtures_are_those_recorded() {
    for case in models().cases {
        let model = model_of(&case);
        let rows = rows(&case, "input_ids");
        let length = rows[0].len();
        let hidden = model.hidden(tensor(&rows));
        let width = hidden.dims()[2];
        let hidden = hidden.narrow(1, 0, length - 1).reshape([rows.len() * (length - 1), width]);
        let next: Vec<i32> = rows.iter().flat_map(|row| &row[1..]).map(|id| *id as i32).collect();
        let next = Tensor::<1, Int>::from_ints(next.as_slice(), &Device::flex());
        let got = crate::fused::token_log_probs(model.logits(hidden), next);
        let want = array(&case.outputs["token_log_probs"]).expect("log-probabilities").data;
        CLOSE.check(&case.name, &host(got), &want);
    }
}

#[test]
fn greedy_tokens_of_the_fixtures_by_both_ways_are_those_recorded() {
    for case in models().cases {
        let model = model_of(&case);
        let prompts = rows(&case, "greedy_prompt_ids");
        let count = case.inputs["greedy_new_tokens"].as_u64().expect("a count") as usize;
        let want = array(&case.outputs["greedy_ids"]).expect("ids");
        let want: Vec<Vec<u32>> = want.rows().map(|r| r.iter().map(|id| *id as u32).collect()).collect();
        let largest = |logits: Vec<f64>, vocabulary: usize| -> Vec<u32> {
            let logits: Vec<f32> = logits.into_iter().map(|x| x as f32).collect();
            logits.chunks_exact(vocabulary).map(greedy_action).collect()
        };
        let vocabulary = model.vocabulary();
        let mut full = prompts.clone();
        for _ in 0..count {
            let length = full[0].len();
            let all = largest(logits(&model, &full), vocabulary);
            full.iter_mut().enumerate().for_each(|(row, ids)| ids.push(all[(row + 1) * length - 1]));
        }
        assert_eq!(full, want, "{}: full forward pass", case.name);
        let mut cached = prompts.clone();
        let contexts: Vec<&[u32]> = prompts.iter().map(Vec::as_slice).collect();
        let (mut cache, mut last) = model.prefill(&contexts, count, &Device::flex()).expect("fits");
        let order: Vec<usize> = (0..prompts.len()).collect();
        for step in 1..=count {
            let tokens = largest(host(last.clone()), vocabulary);
            cached.iter_mut().zip(&tokens).for_each(|(ids, token)| ids.push(*token));
            if step < count {
                last = model.decode(&mut cache, &order, &tokens).expect("room");
            }
        }
        assert_eq!(cached, want, "{}: key/value cache", case.name);
    }
}

#[test]
fn nothing_in_the_configurations_of_the_fixtures_is_left_unread() {
    for case in models().cases {
        let config = PretrainedConfig::from_bytes(&files(&case).0).expect("readable");
        assert_eq!(config.not_understood, [""; 0], "{}", case.name);
    }
}

#[test]
fn an_exported_model_of_the_fixtures_has_the_same_tensors_and_bits() {
    for case in models().cases {
        let (config, weights) = files(&case);
        let exported =
            export_pretrained(&load(&config, &weights).expect("readable")).expect("its own family");
        let before = SafeTensors::deserialize(&weights).expect("whole");
        let after = SafeTensors::deserialize(&exported.weights).expect("whole");
        let list = |file: &SafeTensors<'_>| {
            let mut all: Vec<(String, Vec<usize>, Vec<u8>)> = file
                .tensors()
                .into_iter()
                .map(|(name, view)| (name, view.shape().to_vec(), view.data().to_vec()))
                .collect();
            all.sort();
            all
        };
        assert_eq!(list(&before), list(&after), "{}", case.name);
        let read = |bytes: &[u8]| PretrainedConfig::from_bytes(bytes).expect("readable");
        let (before, after) = (read(&config), read(&exported.config));
        assert_eq!(before.architecture, after.architecture, "{}", case.name);
        let sizes = |c: &PretrainedConfig| (c.network.head_layout(), c.network.hidden_width(), c.vocabulary);
        assert_eq!(sizes(&before), sizes(&after), "{}", case.name);
    }
}
