use super::bits::Bits;
use super::facts::FactId;
use super::tables::Tables;

/// What holds, and what can be done: kept up to date fact by fact.
#[derive(Debug, Clone)]
pub(super) struct Position {
    facts: Bits,
    /// For each instance of a rule the number of its preconditions that do not hold.
    missing: Box<[u16]>,
    /// The instances that miss nothing.
    valid: Bits,
    /// For each command the number of valid instances that it names, and those with any.
    ways: Box<[u32]>,
    admissible: Bits,
    key: u64,
}

impl Position {
    /// The position in which nothing holds.
    pub(super) fn empty(tables: &Tables) -> Self {
        let instances = tables.instance_count();
        let mut position = Self {
            facts: Bits::new(tables.facts.len()),
            missing: vec![0; instances].into_boxed_slice(),
            valid: Bits::new(instances),
            ways: vec![0; tables.commands.len()].into_boxed_slice(),
            admissible: Bits::new(tables.commands.len()),
            key: 0,
        };
        for instance in 0..instances as u32 {
            position.missing[instance as usize] = tables.needs(instance).len() as u16;
            if position.missing[instance as usize] == 0 {
                position.enable(tables, instance);
            }
        }
        position
    }

    /// Adds a fact. Nothing happens where it holds already.
    #[inline]
    pub(super) fn add(&mut self, tables: &Tables, fact: FactId) {
        if !self.facts.insert(fact) {
            return;
        }
        self.key ^= tables.fact_key(fact);
        for instance in tables.users(fact) {
            let missing = &mut self.missing[*instance as usize];
            *missing -= 1;
            if *missing == 0 {
                self.enable(tables, *instance);
            }
        }
    }

    /// Removes a fact. Nothing happens where it does not hold.
    #[inline]
    pub(super) fn remove(&mut self, tables: &Tables, fact: FactId) {
        if !self.facts.remove(fact) {
            return;
        }
        self.key ^= tables.fact_key(fact);
        for instance in tables.users(fact) {
            let missing = &mut self.missing[*instance as usize];
            *missing += 1;
            if *missing == 1 {
                self.disable(tables, *instance);
            }
        }
    }

    /// Applies a valid instance: adds, then removes.
    #[inline]
    pub(super) fn apply(&mut self, tables: &Tables, instance: u32) {
        let (added, removed) = tables.actions.effects(instance);
        for fact in added {
            self.add(tables, *fact);
        }
        for fact in removed {
            self.remove(tables, *fact);
        }
    }

    #[inline]
    fn enable(&mut self, tables: &Tables, instance: u32) {
        self.valid.insert(instance);
        let command = tables.command_of(instance);
        self.ways[command as usize] += 1;
        if self.ways[command as usize] == 1 {
            self.admissible.insert(command);
        }
    }

    #[inline]
    fn disable(&mut self, tables: &Tables, instance: u32) {
        self.valid.remove(instance);
        let command = tables.command_of(instance);
        self.ways[command as usize] -= 1;
        if self.ways[command as usize] == 0 {
            self.admissible.remove(command);
        }
    }

    pub(super) const fn facts(&self) -> &Bits {
        &self.facts
    }

    pub(super) const fn valid(&self) -> &Bits {
        &self.valid
    }

    pub(super) const fn admissible(&self) -> &Bits {
        &self.admissible
    }

    /// Equal for equal sets of facts.
    pub(super) const fn key(&self) -> u64 {
        self.key
    }

    /// Becomes a copy of a position of the same tables.
    pub(super) fn copy_from(&mut self, other: &Self) {
        self.facts.copy_from(&other.facts);
        self.missing.copy_from_slice(&other.missing);
        self.valid.copy_from(&other.valid);
        self.ways.copy_from_slice(&other.ways);
        self.admissible.copy_from(&other.admissible);
        self.key = other.key;
    }
}

/// Spreads a number over 64 bits (the finaliser of SplitMix64).
pub(super) const fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

/// FNV-1a of a text, 64 bits.
pub(super) fn fnv(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3))
}
