//! docs/openapi.json: every address, method and answer, from one table.
//!
//! The table is the source. One test holds the document against it, the others hold the real
//! router against it, so none of the three can drift from the others. It ships nowhere.

mod table;
mod tests;

use serde_json::{Map, Value, json};

use table::{Operation, ROUTES, Route, Server};
use vigie_web::Code;

/// The names in braces.
fn parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|rest| rest.split('}').next())
}

fn parameter(name: &str) -> Value {
    let schema = match name {
        "purpose" => json!({"type": "string", "enum": ["answered", "close"]}),
        "source" => json!({"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{0,62}$"}),
        _ => json!({"type": "string"}),
    };
    json!({"name": name, "in": "path", "required": true, "schema": schema})
}

/// The document.
fn document() -> Value {
    let paths: Map<String, Value> =
        ROUTES.iter().map(|route| (route.path.to_owned(), path_item(route))).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Vigie",
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "Apache-2.0 OR MIT"},
            "description": "Made from functions/vigie/src/server/openapi.rs; docs/http.md explains it. \
                Any other address answers 404 not-found, any other method 405 method-not-allowed \
                with Allow.",
        },
        "servers": [{"url": "http://127.0.0.1:8787", "description": "[server] listen"}],
        "paths": paths,
        "components": {"schemas": schemas(), "headers": {
            "Vigie-Request": {
                "description": "The request's id, as the log has it",
                "schema": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
            },
            "Retry-After": {
                "description": "Seconds after which the same request may fare better",
                "schema": {"type": "integer"},
            },
        }},
    })
}

fn path_item(route: &Route) -> Value {
    let mut item = Map::new();
    item.insert("summary".to_owned(), json!(route.summary));
    let parameters: Vec<_> = parameters(route.path).map(parameter).collect();
    if !parameters.is_empty() {
        item.insert("parameters".to_owned(), json!(parameters));
    }
    if route.server == Server::Metrics {
        let server =
            json!([{"url": "http://127.0.0.1:8788", "description": "[server] metrics_listen"}]);
        item.insert("servers".to_owned(), server);
    }
    for operation in route.operations {
        item.insert(operation.method.to_owned(), self::operation(operation, route.server));
    }
    Value::Object(item)
}

fn operation(operation: &Operation, server: Server) -> Value {
    let mut responses = Map::new();
    for answer in operation.answers {
        let schema = answer.schema.map_or_else(
            || json!({"type": "string"}),
            |name| json!({"$ref": format!("#/components/schemas/{name}")}),
        );
        let told = response(answer.says, answer.kind, &schema, server);
        responses.insert(answer.status.to_string(), told);
    }
    for code in operation.problems {
        let status = code.status().as_u16().to_string();
        responses.entry(status).or_insert_with(|| problem(*code, operation.problems, server));
    }
    let mut told = json!({"summary": operation.summary, "responses": responses});
    if let Some(kind) = operation.takes {
        told["requestBody"] = json!({"content": {kind: {}}});
    }
    told
}

/// The answer of a status that one or more codes share.
fn problem(first: Code, all: &[Code], server: Server) -> Value {
    let of_status = |code: &&Code| code.status() == first.status();
    let ids: Vec<_> = all.iter().filter(of_status).map(|code| code.id()).collect();
    let schema = json!({
        "allOf": [{"$ref": "#/components/schemas/Problem"}],
        "properties": {"code": {"enum": ids}},
    });
    let mut told = response(&ids.join(", "), "application/problem+json", &schema, server);
    if first.retry_after().is_some() {
        told["headers"]["Retry-After"] = json!({"$ref": "#/components/headers/Retry-After"});
    }
    told
}

fn response(says: &str, kind: &str, schema: &Value, server: Server) -> Value {
    let mut told = json!({"description": says, "content": {kind: {"schema": schema}}});
    if server == Server::Public {
        told["headers"] = json!({"Vigie-Request": {"$ref": "#/components/headers/Vigie-Request"}});
    }
    told
}

fn schemas() -> Value {
    let codes = Code::ALL.map(Code::id);
    let count = json!({"type": "integer", "minimum": 0});
    let outcomes = ["accepted", "duplicates", "stale", "ignored", "rejected"];
    let counts: Map<String, Value> =
        outcomes.iter().map(|name| ((*name).to_owned(), count.clone())).collect();
    json!({
        "Tally": {
            "description": "What became of each event of a webhook",
            "type": "object", "required": outcomes, "properties": counts,
        },
        "Health": {
            "type": "object", "required": ["status", "version", "home"],
            "properties": {
                "status": {"const": "ok"},
                "version": {"type": "string"},
                "home": {
                    "description": "Whether webhooks are taken here, or by another home",
                    "enum": ["open", "filling", "leaving", "left"],
                },
            },
        },
        "Problem": {
            "description": "RFC 9457; docs/errors.md explains each code",
            "type": "object", "required": ["type", "title", "status", "code", "request_id"],
            "properties": {
                "type": {"const": "about:blank"},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "code": {"enum": codes},
                "request_id": {"type": "string"},
                "body": {
                    "description": "Of a 401: what arrived, to compare with what was sent",
                    "type": "object", "required": ["bytes", "sha256"],
                    "properties": {"bytes": count, "sha256": {"type": "string"}},
                },
            },
        },
    })
}
