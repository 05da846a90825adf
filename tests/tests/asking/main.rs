//! What platforms are asked: for what their webhooks leave out, and for the keys that they publish.
//! The requests are real, to a server on this machine that answers as a platform does, or as one
//! does on a bad day; the time is the test's.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at a fault")]

mod keys;
mod listed;
mod thin;

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use vigie_ports::{Accepted, Email, Mail, SendError};

/// Mail that nobody sends here.
pub(crate) struct NoMail;

impl Mail for NoMail {
    async fn send(&self, _email: &Email, _within: Duration) -> Result<Accepted, SendError> {
        Ok(Accepted::default())
    }
}

/// An answer that waits to be given, and what the platform was asked.
#[derive(Default)]
struct Told {
    answers: VecDeque<Response>,
    asked: Vec<String>,
}

/// A platform's API.
#[derive(Clone, Default)]
pub(crate) struct Platform(Arc<Mutex<Told>>);

impl Platform {
    pub(crate) async fn start(&self) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(self.clone());
        tokio::spawn(async { axum::serve(listener, router).await });
        addr
    }

    /// What it answers next.
    pub(crate) fn will(&self, status: u16, body: &str) {
        self.will_with(status, &[], body);
    }

    pub(crate) fn will_with(&self, status: u16, headers: &[(&str, &str)], body: &str) {
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        let response = response.body(Body::from(body.to_owned())).unwrap();
        self.0.lock().unwrap().answers.push_back(response);
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().asked)
    }
}

async fn answer(State(platform): State<Platform>, request: Request) -> Response {
    let mut told = platform.0.lock().unwrap();
    let by = request.headers().get("authorization").map_or("nobody", |by| by.to_str().unwrap());
    let asked = format!("{} {} by {by}", request.method(), request.uri());
    told.asked.push(asked);
    told.answers.pop_front().unwrap()
}
