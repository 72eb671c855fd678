//! What a model answered, in no vendor's words.

/// An answer. Whether it is one that can be used, its [`Finish`] says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// What the model said; a refusal's words where it refused; may be empty.
    pub text: String,
    /// Why the model stopped.
    pub finish: Finish,
    /// What it cost.
    pub usage: Usage,
    /// The vendor's number of the request.
    pub request_id: Option<String>,
    /// The model that answered, as the server names it.
    pub model: Option<String>,
}

/// Why the model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Finish {
    /// It had said everything.
    Complete = 0,
    /// It reached a limit on tokens: the text is cut off.
    Truncated = 1,
    /// A filter stopped it: the text is cut off or missing.
    Filtered = 2,
    /// The model will not answer.
    Refused = 3,
    /// It wants a tool to be called that nobody offered.
    ToolCall = 4,
    /// The server does not say, or says what is not known here.
    Unknown = 5,
}

impl Finish {
    /// Every reason, in the order of the enum.
    pub const ALL: [Finish; 6] =
        [Finish::Complete, Finish::Truncated, Finish::Filtered, Finish::Refused, Finish::ToolCall, Finish::Unknown];

    /// A short name that stays the same between versions.
    pub fn name(self) -> &'static str {
        match self {
            Finish::Complete => "complete",
            Finish::Truncated => "truncated",
            Finish::Filtered => "filtered",
            Finish::Refused => "refused",
            Finish::ToolCall => "tool_call",
            Finish::Unknown => "unknown",
        }
    }
}

/// Tokens, as the server counted them; none where it does not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// All of the prompt, with what came from a cache.
    pub input: Option<u64>,
    /// All that the model produced, with what it thought and did not show.
    pub output: Option<u64>,
    /// The part of the prompt that came from the server's cache.
    pub cached: Option<u64>,
}

impl Usage {
    /// Tokens in and out together; none where the server says nothing.
    pub fn total(&self) -> Option<u64> {
        match (self.input, self.output) {
            (None, None) => None,
            (input, output) => Some(input.unwrap_or(0).saturating_add(output.unwrap_or(0))),
        }
    }
}
