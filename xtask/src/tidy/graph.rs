use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use serde_json::Value;

/// Which dependencies a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edges {
    /// What the crate itself links.
    Normal,
    /// Also what its tests and build scripts use.
    All,
}

/// Who depends on whom, by package name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Graph {
    members: BTreeSet<String>,
    /// Package → dependency → whether it is a normal one (as opposed to one of tests or build scripts).
    edges: BTreeMap<String, BTreeMap<String, bool>>,
}

impl Graph {
    /// Takes the workspace's packages from `cargo metadata --no-deps` and everything below them from
    /// `Cargo.lock`, which holds the dependencies of every platform and feature and needs no download.
    pub(crate) fn new(metadata: &Value, lock: &str) -> anyhow::Result<Self> {
        let mut graph = Self { edges: locked(lock), ..Self::default() };
        for package in metadata["packages"].as_array().context("cargo metadata names no packages")? {
            let name = package["name"].as_str().context("a package has no name")?;
            let mut edges = BTreeMap::new();
            for dependency in package["dependencies"].as_array().into_iter().flatten() {
                let target = dependency["name"].as_str().context("a dependency has no name")?;
                *edges.entry(target.to_owned()).or_insert(false) |= dependency["kind"].is_null();
            }
            graph.members.insert(name.to_owned());
            graph.edges.insert(name.to_owned(), edges);
        }
        Ok(graph)
    }

    /// The workspace's own packages.
    pub(crate) const fn members(&self) -> &BTreeSet<String> {
        &self.members
    }

    /// What `package` names in its own manifest.
    pub(crate) fn direct(&self, package: &str, edges: Edges) -> BTreeSet<&str> {
        let dependencies = self.edges.get(package).into_iter().flatten();
        dependencies
            .filter(|(_, normal)| **normal || edges == Edges::All)
            .map(|(name, _)| name.as_str())
            .collect()
    }

    /// The shortest chain of dependencies from `package` to `target`, ends included.
    ///
    /// With [`Edges::All`] the first step may be a test dependency, and so may every later step that
    /// starts at a member; the tests of foreign packages are never built.
    pub(crate) fn path(&self, package: &str, target: &str, edges: Edges) -> Option<Vec<String>> {
        let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
        let mut queue = std::collections::VecDeque::from([package]);
        while let Some(current) = queue.pop_front() {
            for next in self.direct(current, edges) {
                if next != package && !came_from.contains_key(next) {
                    came_from.insert(next, current);
                    queue.push_back(next);
                }
            }
        }
        came_from.contains_key(target).then(|| {
            let mut chain = vec![target.to_owned()];
            let mut at = target;
            while let Some(previous) = came_from.get(at) {
                chain.insert(0, (*previous).to_owned());
                at = previous;
            }
            chain
        })
    }

    /// A graph from `member: normal dependencies / test dependencies` lines, for tests of the rules.
    #[cfg(test)]
    pub(crate) fn of(members: &[(&str, &[&str], &[&str])]) -> Self {
        let mut graph = Self::default();
        for (name, normal, tests) in members {
            graph.members.insert((*name).to_owned());
            let edges = graph.edges.entry((*name).to_owned()).or_default();
            edges.extend(tests.iter().map(|dependency| ((*dependency).to_owned(), false)));
            edges.extend(normal.iter().map(|dependency| ((*dependency).to_owned(), true)));
        }
        graph
    }
}

/// The edges of a `Cargo.lock`. Versions of one package are taken together.
fn locked(lock: &str) -> BTreeMap<String, BTreeMap<String, bool>> {
    let mut edges: BTreeMap<String, BTreeMap<String, bool>> = BTreeMap::new();
    let mut package = "";
    let mut in_list = false;
    for line in lock.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("name = ") {
            package = name.trim_matches('"');
        }
        if in_list && line != "]" {
            let dependency = line.trim_matches(['"', ',']).split(' ').next().unwrap_or_default();
            edges.entry(package.to_owned()).or_default().insert(dependency.to_owned(), true);
        }
        in_list = line == "dependencies = [" || (in_list && line != "]");
    }
    edges
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_is_found_through_other_packages() {
        let graph =
            Graph::of(&[("a", &["b"], &[]), ("b", &["c"], &["d"]), ("c", &[], &[]), ("d", &["c"], &[])]);
        assert_eq!(graph.path("a", "c", Edges::Normal).expect("linked"), ["a", "b", "c"]);
        assert_eq!(graph.path("a", "d", Edges::Normal), None, "only the tests of b use d");
        assert_eq!(graph.path("a", "d", Edges::All).expect("in tests"), ["a", "b", "d"]);
        assert_eq!(graph.path("c", "a", Edges::All), None, "arrows point one way");
    }

    #[test]
    fn members_come_from_the_manifests_and_the_rest_from_the_lock_file() {
        let metadata = json!({"packages": [{"name": "own", "dependencies": [
            {"name": "helper", "kind": null},
            {"name": "helper", "kind": "dev"},
            {"name": "proptest", "kind": "dev"},
        ]}]});
        let lock = "version = 4\n\n[[package]]\nname = \"helper\"\nversion = \"1.0.0\"\ndependencies = [\n \"burn\",\n \
                    \"rand 0.9.1\",\n]\n\n[[package]]\nname = \"own\"\ndependencies = [\n \"helper\",\n \"proptest\",\n]\n";
        let graph = Graph::new(&metadata, lock).expect("well formed");
        let names = |package: &str, edges| graph.direct(package, edges).into_iter().collect::<Vec<_>>();
        assert_eq!(graph.members().iter().collect::<Vec<_>>(), ["own"]);
        assert_eq!(names("own", Edges::Normal), ["helper"]);
        assert_eq!(names("own", Edges::All), ["helper", "proptest"]);
        assert_eq!(names("helper", Edges::Normal), ["burn", "rand"]);
        assert_eq!(graph.path("own", "burn", Edges::Normal).expect("linked"), ["own", "helper", "burn"]);
        assert!(Graph::new(&json!({}), lock).is_err());
    }
}
