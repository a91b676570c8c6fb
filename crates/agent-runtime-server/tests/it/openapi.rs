//! The published contract is the one that the code makes.

use std::collections::HashSet;

use serde_json::Value;

use crate::harness::TestServer;

#[test]
fn the_committed_document_is_not_stale() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    let stale = committed != agent_runtime_server::openapi_json();
    assert!(!stale, "docs/openapi.json is not what the code says: run `make gen` and commit it");
}

#[tokio::test]
async fn the_served_document_describes_every_answer() {
    let server = TestServer::start().await;
    let answer = server.get("/openapi.json").await;
    assert_eq!(answer.text, agent_runtime_server::openapi_json());
    let document = answer.json();
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")), "{}", document["openapi"]);
    let operations = document["paths"].as_object().unwrap().iter().flat_map(|(path, item)| {
        let methods = ["get", "post", "patch", "delete"].into_iter();
        methods.filter_map(move |method| item.get(method).map(|operation| (format!("{method} {path}"), operation)))
    });
    let mut count = 0;
    let mut ids = HashSet::new();
    for (name, operation) in operations {
        count += 1;
        // Programs that are made from the document name their functions by it.
        let id = operation["operationId"].as_str().unwrap_or_default();
        assert!(!id.is_empty() && ids.insert(id), "{name} has no operationId of its own: {id:?}");
        for (status, response) in operation["responses"].as_object().unwrap() {
            let described = response["description"].as_str().is_some_and(|text| !text.is_empty());
            assert!(described, "{name} {status} has no description");
            let problem = &response["content"]["application/json"]["schema"]["$ref"];
            if status.starts_with(['4', '5']) {
                assert_eq!(problem, "#/components/schemas/Problem", "{name} {status}");
            }
        }
        for status in ["401", "403", "500", "503"] {
            assert!(operation["responses"][status].is_object(), "{name} does not describe {status}");
        }
        assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{name} has no summary");
    }
    assert_eq!(count, 27);
}

#[tokio::test]
async fn the_page_needs_nothing_from_elsewhere() {
    let server = TestServer::start().await;
    let page = server.get("/docs").await;
    assert_eq!((page.status, page.headers["content-type"].to_str().unwrap()), (200, "text/html; charset=utf-8"));
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"), "{policy}");
    assert!(!page.text.contains("http://") && !page.text.contains("https://"), "{}", page.text);
    let files = page.text.split('"').filter(|part| part.starts_with("/docs/"));
    let mut count = 0;
    for file in files {
        count += 1;
        let answer = server.get(file).await;
        assert_eq!(answer.status, 200, "{file}");
        assert!(answer.text.len() > 50, "{file}");
    }
    assert_eq!(count, 3);
    assert_eq!(server.get("/docs/none.js").await.detail(), "Not Found");
    assert_eq!(server.get("/docs/%FF").await.detail(), "Not Found");
    assert_eq!(server.get("/docs/").await.text, page.text);
    let _: Value = server.get("/openapi.json").await.json();
}
