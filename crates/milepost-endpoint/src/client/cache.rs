use std::collections::{BTreeMap, VecDeque};

/// Replies to identical requests, the oldest dropped first.
#[derive(Debug)]
pub(super) struct Cache {
    capacity: usize,
    replies: BTreeMap<(&'static str, String), Vec<u8>>,
    order: VecDeque<(&'static str, String)>,
}

impl Cache {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, replies: BTreeMap::new(), order: VecDeque::new() }
    }

    pub(super) fn get(&self, path: &'static str, body: &str) -> Option<Vec<u8>> {
        if self.capacity == 0 {
            return None;
        }
        self.replies.get(&(path, body.to_owned())).cloned()
    }

    pub(super) fn put(&mut self, path: &'static str, body: &str, reply: Vec<u8>) {
        let key = (path, body.to_owned());
        if self.capacity == 0 || self.replies.insert(key.clone(), reply).is_some() {
            return;
        }
        self.order.push_back(key);
        if self.order.len() > self.capacity
            && let Some(oldest) = self.order.pop_front()
        {
            self.replies.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Cache;

    #[test]
    fn the_oldest_reply_is_dropped_first() {
        let mut cache = Cache::new(2);
        for (body, reply) in [("a", 1), ("b", 2), ("a", 3), ("c", 4)] {
            cache.put("/x", body, vec![reply]);
        }
        assert_eq!(cache.get("/x", "a"), None);
        assert_eq!((cache.get("/x", "b"), cache.get("/x", "c")), (Some(vec![2]), Some(vec![4])));
        assert_eq!(cache.get("/y", "b"), None);
        let mut none = Cache::new(0);
        none.put("/x", "a", vec![1]);
        assert_eq!(none.get("/x", "a"), None);
    }
}
