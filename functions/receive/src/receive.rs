//! What each address answers.

use std::convert::Infallible;

use http::{Method, StatusCode};
use vigie_aws::http::{Answered, Asked, Event, elsewhere};
use vigie_aws::{Home, InForce, Metrics, NoMail, Sources};
use vigie_ports::{Store as _, StoreError, World as _};
use vigie_relay::Relay;
use vigie_web::answer::{Answer, Code, json, not_allowed, problem};
use vigie_web::hook::{self, Hooked};
use vigie_web::{body, segments};

/// The function.
pub(crate) struct Receive {
    home: Home<NoMail>,
    sources: Sources,
    metrics: Metrics,
    relay: Relay,
}

impl Receive {
    pub(crate) fn new(home: Home<NoMail>, sources: Sources) -> Self {
        Self { home, sources, metrics: Metrics::default(), relay: Relay::default() }
    }

    /// Answers a request. Nothing that is asked makes the function fail.
    pub(crate) async fn answer(&self, event: Event) -> Result<Answered, Infallible> {
        let asked = Asked::from(event);
        let (source, answer) = match self.home.in_force().await {
            Ok(in_force) => {
                let answered = self.route(&asked, &in_force).await;
                self.home.note(&in_force).await;
                answered
            }
            Err(error) => (String::new(), unavailable(&asked, &error)),
        };
        Ok(asked.answered(&source, answer))
    }

    async fn route(&self, asked: &Asked, in_force: &InForce<NoMail>) -> (String, Answer) {
        let nameless = |answer| (String::new(), answer);
        match segments(asked.parts.uri.path()).next() {
            Some("hooks") if !in_force.standing.is_open() => {
                let answer = elsewhere(&self.relay, &in_force.standing, asked).await;
                nameless(answer.unwrap_or_else(|| problem(Code::Internal, &asked.id, None)))
            }
            Some("hooks") if asked.parts.method != Method::POST => {
                nameless(self.asked(asked, in_force).await)
            }
            Some("hooks") => self.hook(asked, in_force).await,
            Some("healthz") => nameless(health(asked, in_force).await),
            _ => nameless(problem(Code::NotFound, &asked.id, None)),
        }
    }

    /// Answers what a platform asks before it posts.
    async fn asked(&self, asked: &Asked, in_force: &InForce<NoMail>) -> Answer {
        let named = hook::named(asked.parts.uri.path());
        if let Some((source, _)) = named
            && let Err(error) = self.sources.make_ready(&in_force.app, source).await
        {
            return unavailable(asked, &error);
        }
        hook::asked(&in_force.app, &asked.parts, &asked.id)
    }

    /// Takes a webhook. One whose signature fails is looked at again with the secrets as they are
    /// now: they may just have been changed.
    async fn hook(&self, asked: &Asked, in_force: &InForce<NoMail>) -> (String, Answer) {
        if let Err(code) = body::judge(&asked.parts.headers, asked.body.len()) {
            return (String::new(), problem(code, &asked.id, None));
        }
        let app = &in_force.app;
        let Some((source, _)) = hook::named(asked.parts.uri.path()) else {
            return (String::new(), problem(Code::UnknownSource, &asked.id, None));
        };
        if let Err(error) = self.sources.make_ready(app, source).await {
            return (String::new(), unavailable(asked, &error));
        }
        let mut hooked = hook::answer(app, &asked.parts, &asked.body, &asked.id).await;
        if hooked.refused == Some(Code::SignatureMismatch.id())
            && self.sources.refresh(app, source).await
        {
            hooked = hook::answer(app, &asked.parts, &asked.body, &asked.id).await;
        }
        // What is to be decided is told by the table's stream; what is to be fetched, watch finds.
        let Hooked { answer, tally, refused, .. } = hooked;
        if let Some(tally) = tally {
            self.metrics.taken(tally);
        }
        if let Some(code) = refused {
            self.metrics.refused(code);
        }
        // Only a source of ours is named in the log: a mistaken address may hold anything.
        let known = app.registry().has(source);
        (if known { source.to_owned() } else { String::new() }, answer)
    }
}

fn unavailable(asked: &Asked, error: &StoreError) -> Answer {
    tracing::error!(request.id = %asked.id.0, %error, "the store does not answer");
    problem(Code::StoreUnavailable, &asked.id, None)
}

/// 200 when the table answers and can be written.
async fn health(asked: &Asked, in_force: &InForce<NoMail>) -> Answer {
    if !matches!(asked.parts.method, Method::GET | Method::HEAD) {
        return not_allowed(&asked.id, &[Method::GET, Method::HEAD]);
    }
    match in_force.app.world().store().healthy().await {
        Ok(()) => {
            let (version, home) = (env!("CARGO_PKG_VERSION"), in_force.standing.id());
            let told = serde_json::json!({"status": "ok", "version": version, "home": home});
            json(StatusCode::OK, &told)
        }
        Err(error) => unavailable(asked, &error),
    }
}
