//! `/hooks/{source}` and `/hooks/{source}/{token}`: where platforms post.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use http::Method;
use vigie_web::answer::{Answer, problem};
use vigie_web::{Code, ProblemCode, hook};

use super::capture::Refused;
use super::{Serving, body};

/// Takes a webhook.
pub(crate) async fn hook(State(serving): State<Arc<Serving>>, request: Request) -> Response {
    let id = super::request_id(&request);
    let (parts, incoming) = request.into_parts();
    if parts.method != Method::POST {
        return hook::asked(&serving.app, &parts, &id).map(Body::from);
    }
    let bytes = match body::read(&parts.headers, incoming).await {
        Ok(bytes) => bytes,
        Err(code) => return problem(code, &id, None).map(Body::from),
    };
    let named = hook::named(parts.uri.path());
    let mut hooked = hook::answer(&serving.app, &parts, &bytes, &id).await;
    if hooked.refused == Some(Code::SignatureMismatch.id())
        && let Some((source, _)) = &named
        && serving.read_secrets_anew(source, vigie_machine::now()).await
    {
        hooked = hook::answer(&serving.app, &parts, &bytes, &id).await;
    }
    if let Some(tally) = &hooked.tally {
        serving.metrics.received(tally);
    }
    serving.nudge_raise(hooked.undecided);
    hooked.notices.drain(..).for_each(|id| serving.nudges.deliver(id));
    // Only a source of ours is named in the log: a mistaken address may hold anything.
    let known = named.and_then(|(id, token)| Some((id, token, serving.app.registry().source(id)?)));
    if let Some((source, token, in_force)) = known {
        if let Some(why) = hooked.refused {
            serving.metrics.refused(source, why);
        }
        if let Some(code) = refusal(&hooked.answer) {
            let (parts, body, id, token) = (&parts, &bytes, &id, token.as_deref());
            let proof_in_query = in_force.preset.scheme().proof_in_query();
            let refused = Refused { source, token, proof_in_query, parts, body, id, code };
            serving.captures.keep(&refused);
        }
        let about = super::canonical::About { source: source.to_owned() };
        hooked.answer.extensions_mut().insert(about);
    }
    hooked.answer.map(Body::from)
}

/// The code of an answer that says that the request was at fault.
fn refusal(answer: &Answer) -> Option<Code> {
    let code = answer.extensions().get::<ProblemCode>()?.0;
    code.status().is_client_error().then_some(code)
}
