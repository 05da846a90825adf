//! The table: every address, its methods and their answers.

use vigie_web::Code;

/// Which of the two servers an address is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Server {
    /// `[server] listen`.
    Public,
    /// `[server] metrics_listen`.
    Metrics,
}

/// One address.
pub(super) struct Route {
    pub(super) path: &'static str,
    pub(super) server: Server,
    pub(super) summary: &'static str,
    pub(super) operations: &'static [Operation],
}

/// One method of an address.
pub(super) struct Operation {
    pub(super) method: &'static str,
    pub(super) summary: &'static str,
    /// What a request brings, as a media type.
    pub(super) takes: Option<&'static str>,
    /// The answers that are no problems.
    pub(super) answers: &'static [Answer],
    /// The problems, whose statuses their codes know.
    pub(super) problems: &'static [Code],
}

/// An answer that is no problem.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) kind: &'static str,
    /// A schema of the document; a text where there is none.
    pub(super) schema: Option<&'static str>,
    pub(super) says: &'static str,
}

/// Every refusal of a webhook, in the order in which they are checked.
const REFUSALS: &[Code] = &[
    Code::TooManyRequests,
    Code::PayloadTooLarge,
    Code::RequestTimeout,
    Code::CompressedBody,
    Code::UnknownSource,
    Code::SignatureMissing,
    Code::SignatureMismatch,
    Code::TimestampOutsideTolerance,
    Code::MalformedPayload,
    Code::KeysUnavailable,
    Code::StoreUnavailable,
];

/// Where the address holds a token none is missing, and no time is signed.
const TOKEN_REFUSALS: &[Code] = &[
    Code::TooManyRequests,
    Code::PayloadTooLarge,
    Code::RequestTimeout,
    Code::CompressedBody,
    Code::UnknownSource,
    Code::SignatureMismatch,
    Code::MalformedPayload,
    Code::StoreUnavailable,
];

const TAKEN: Answer = Answer {
    status: 200,
    kind: "application/json",
    schema: Some("Tally"),
    says: "Durable. What became of each event; a preset may answer another body where its platform \
           demands one",
};

const fn hook(problems: &'static [Code]) -> Operation {
    Operation {
        method: "post",
        summary: "Take a webhook: verified over its raw bytes, then recorded",
        takes: Some("application/json"),
        answers: &[TAKEN],
        problems,
    }
}

const HOOK: &[Operation] = &[hook(REFUSALS)];
const TOKEN_HOOK: &[Operation] = &[hook(TOKEN_REFUSALS)];

const fn page(status: u16, says: &'static str) -> Answer {
    Answer { status, kind: "text/html", schema: None, says }
}

const ALTERED: Answer = page(404, "The link was altered, or is none of ours");
const EXPIRED: Answer = page(410, "The link's 30 days are over, or its review was erased");

const DESK: &[Operation] = &[
    Operation {
        method: "get",
        summary: "Show the review and one button; change nothing",
        takes: None,
        answers: &[page(200, "The review, or that it is settled already"), ALTERED, EXPIRED],
        problems: &[Code::TooManyRequests, Code::StoreUnavailable],
    },
    Operation {
        method: "head",
        summary: "As GET, without the page",
        takes: None,
        answers: &[page(200, "As GET"), ALTERED, EXPIRED],
        problems: &[Code::TooManyRequests, Code::StoreUnavailable],
    },
    Operation {
        method: "post",
        summary: "Record who acted and when; a second time changes nothing",
        takes: Some("application/x-www-form-urlencoded"),
        answers: &[
            page(200, "Recorded, now or before"),
            page(400, "A reason that the form does not have"),
            ALTERED,
            EXPIRED,
        ],
        problems: &[
            Code::TooManyRequests,
            Code::PayloadTooLarge,
            Code::RequestTimeout,
            Code::CompressedBody,
            Code::StoreUnavailable,
        ],
    },
];

const WELL: Answer = Answer {
    status: 200,
    kind: "application/json",
    schema: Some("Health"),
    says: "The store answers and can be written",
};

const HEALTH: &[Operation] = &[
    Operation {
        method: "get",
        summary: "Say whether the store answers",
        takes: None,
        answers: &[WELL],
        problems: &[Code::TooManyRequests, Code::StoreUnavailable],
    },
    Operation {
        method: "head",
        summary: "As GET, without the body",
        takes: None,
        answers: &[WELL],
        problems: &[Code::TooManyRequests, Code::StoreUnavailable],
    },
];

const COUNTED: Answer = Answer {
    status: 200,
    kind: "application/openmetrics-text",
    schema: None,
    says: "OpenMetrics 1.0; docs/metrics.md lists the names",
};

const METRICS: &[Operation] = &[
    Operation {
        method: "get",
        summary: "Everything that is counted",
        takes: None,
        answers: &[COUNTED],
        problems: &[],
    },
    Operation {
        method: "head",
        summary: "As GET, without the body",
        takes: None,
        answers: &[COUNTED],
        problems: &[],
    },
];

/// Every address of both servers.
pub(super) const ROUTES: [Route; 5] = [
    Route {
        path: "/hooks/{source}",
        server: Server::Public,
        summary: "Where a platform that signs posts",
        operations: HOOK,
    },
    Route {
        path: "/hooks/{source}/{token}",
        server: Server::Public,
        summary: "Where a platform that signs nothing posts: the token is the source's secret",
        operations: TOKEN_HOOK,
    },
    Route {
        path: "/desk/{purpose}/{link}",
        server: Server::Public,
        summary: "Where people at the brand act, behind the signed links of messages",
        operations: DESK,
    },
    Route {
        path: "/healthz",
        server: Server::Public,
        summary: "Whether Vigie can keep a review",
        operations: HEALTH,
    },
    Route {
        path: "/metrics",
        server: Server::Metrics,
        summary: "What is counted; on metrics_listen only",
        operations: METRICS,
    },
];
