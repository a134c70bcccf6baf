//! `/identities`: for a browser on this computer, and nobody else.

use super::decisions::product;
use crate::receive::served::Served;

/// Status and body of a request with these lines of a head.
fn ask(served: &Served, line: &str, lines: &[&str], body: &str) -> (u16, String) {
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    let length = body.len();
    let head = format!("{line} HTTP/1.1\r\n{lines}content-length: {length}\r\nconnection: close\r\n\r\n");
    served.connect().ask(&head, body.as_bytes()).unwrap()
}

/// The value of a hidden field.
fn field(page: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    page.split(&start).nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[test]
fn a_pair_is_decided_in_the_browser_and_every_page_knows_at_once() {
    let (_repository, product) = product();
    let served = Served::start(&product);
    let host = format!("host: {}", served.address);
    let people = || {
        let (status, page) = served.get("/sql?sql=SELECT+concat(%27people:%27,count(*))+FROM+people");
        assert_eq!(status, 200);
        page.split("<td>people:").nth(1).unwrap().split('<').next().unwrap().parse::<u64>().unwrap()
    };
    let before = people();
    let (status, page) = ask(&served, "GET /identities", &[&host], "");
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("Both are called Ann Example") && page.contains("ann.home@mail.example"));
    let answer = |verdict: &str, token: &str| {
        format!("token={token}&one={}&other={}&verdict={verdict}", field(&page, "one"), field(&page, "other"))
    };
    let form = "content-type: application/x-www-form-urlencoded";
    let (own, token) = (format!("origin: http://{}", served.address), field(&page, "token"));
    let post = |lines: &[&str], body: &str| ask(&served, "POST /identities", lines, body).0;

    // Another site, a network name, a proxy, an old form.
    let same = answer("same", &token);
    assert_eq!(post(&[&host, form, "origin: http://evil.example"], &same), 403);
    assert_eq!(post(&[&host, form, &own, "sec-fetch-site: cross-site"], &same), 403);
    assert_eq!(post(&["host: pace.example", form], &same), 403);
    assert_eq!(post(&[&host, form, &own, "x-forwarded-for: 10.0.0.1"], &same), 403);
    assert_eq!(post(&[&host, form, &own], &answer("same", "0123")), 403);
    assert_eq!(people(), before, "none of them counts");
    for lines in [["host: pace.example", "accept: */*"], [host.as_str(), "via: 1.1 proxy"]] {
        let (status, page) = ask(&served, "GET /identities", &lines, "");
        assert!(status == 403 && !page.contains("Ann Example"), "{status} {page}");
    }

    assert_eq!(post(&[&host, form, &own, "sec-fetch-site: same-origin"], &same), 303);
    assert_eq!(people(), before - 1, "no table changed");
    // The pair is no more.
    assert_eq!(post(&[&host, form, &own], &same), 409);
    let (_, page) = ask(&served, "GET /identities", &[&host], "");
    assert!(page.contains("No pair waits for a decision.") && page.contains("identities page"), "{page}");
}
