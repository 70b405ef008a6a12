use serde::Serialize;

/// What happened, counted: nothing that a reply was turned into is silent. Shown in reports beside the results.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Counters {
    /// Questions asked, those answered from the cache included.
    pub questions: u64,
    /// Questions answered from the cache.
    pub cache_hits: u64,
    /// Requests sent.
    pub attempts: u64,
    /// Requests sent again after a failure.
    pub retries: u64,
    /// Milliseconds waited between attempts.
    pub waited_ms: u64,
    /// Attempts without an answer in time.
    pub time_outs: u64,
    /// Attempts that could not connect.
    pub unreachable: u64,
    /// Attempts whose connection broke before the reply was whole.
    pub interrupted: u64,
    /// Attempts answered with status 429.
    pub rate_limited: u64,
    /// Attempts answered with status 5xx (or 408, 409, 425).
    pub server_errors: u64,
    /// Attempts answered with another status that is no success.
    pub rejected: u64,
    /// Replies that were not JSON, or not what the protocol prescribes.
    pub malformed_replies: u64,
    /// Replies that were too long to be read.
    pub too_large: u64,
    /// Attempts that the budget refused.
    pub budget_refusals: u64,
    /// Replies that did not say how many tokens they took; the most they could was booked.
    pub usage_missing: u64,
    /// Tokens read by the model.
    pub prompt_tokens: u64,
    /// Tokens written by the model.
    pub completion_tokens: u64,
    /// Turns drawn by remote policies.
    pub turns: u64,
    /// Of these, replies that are no turn of the world's words.
    pub unreadable_turns: u64,
    /// Of these, turns cut at the world's limit.
    pub cut_turns: u64,
    /// Of these, replies that the endpoint cut at the most tokens asked for.
    pub cut_replies: u64,
    /// Drawn turns of which no log-probability is known.
    pub turns_without_log_probs: u64,
    /// Questions to judges.
    pub judgements: u64,
    /// Of these, those without a verdict.
    pub abstentions: u64,
}
