//! The judge itself: it can say no.

use std::sync::Arc;

use crate::support::judge::{Exchange, Verdicts};

/// (method, path, version, request, status, body, what is wrong with it)
type Case = (&'static str, &'static str, &'static str, &'static str, u16, &'static str, Option<&'static str>);

const CASES: [Case; 14] = [
    ("GET", "/v2.1/servers", "2.1", "", 200, r#"{"servers": []}"#, None),
    ("GET", "/v2.1/0ab1/servers", "2.1", "", 200, r#"{"servers": []}"#, None),
    ("GET", "/v2.1/servers", "2.1", "", 200, r#"{"servers": [{"id": 1}]}"#, Some("is a required property")),
    ("GET", "/v2.1/servers", "2.1", "", 200, "[", Some("no JSON")),
    // Nova has tags from 2.26 on.
    ("GET", "/v2.1/servers/s/tags", "2.26", "", 200, r#"{"tags": []}"#, None),
    ("GET", "/v2.1/os-hypervisors/h/uptime", "2.88", "", 200, "{}", Some("where Nova has nothing")),
    ("POST", "/v2.1/servers/s/action", "2.1", r#"{"os-start": null}"#, 202, "", None),
    ("POST", "/v2.1/servers/s/action", "2.1", r#"{"os-start": null}"#, 202, "{}", Some("not of type 'null'")),
    ("POST", "/v2.1/servers/s/action", "2.1", r#"{"dance": null}"#, 202, "", Some("which Nova does not have")),
    ("GET", "/v2.1/none-such", "2.1", "", 200, "{}", Some("where Nova has no route")),
    ("GET", "/v2.1/none-such", "2.1", "", 404, "", None),
    // Slashes in a row are one, in front of Nova's router.
    ("GET", "/v2.1//servers", "2.1", "", 200, r#"{"servers": []}"#, None),
    (
        "GET",
        "/v2.1/servers",
        "2.1",
        "",
        400,
        r#"{"computeFault": {"code": 400, "message": ""}}"#,
        Some("not badRequest"),
    ),
    (
        "GET",
        "/v2.1/servers",
        "2.1",
        "",
        400,
        r#"{"badRequest": {"code": 404, "message": ""}}"#,
        Some("without its code"),
    ),
];

#[test]
fn it_tells_good_answers_from_bad() {
    for (method, path, version, request, status, body, wrong) in CASES {
        let verdicts = Arc::new(Verdicts::default());
        let (method, path, version) = (method.to_owned(), path.to_owned(), Some(version.to_owned()));
        verdicts.submit(Exchange { method, path, version, request: request.into(), status, body: body.into() });
        let (passed, found) = verdicts.all();
        let said = found.first().map(String::as_str);
        assert_eq!(said.is_some(), wrong.is_some(), "{request} {body}: {said:?}");
        assert!(said.unwrap_or_default().contains(wrong.unwrap_or_default()), "{request} {body}: {said:?}");
        assert_eq!(passed.len(), usize::from(wrong.is_none() && status < 300), "{request} {body}");
    }
}
