//! Pages are made once and sent until something that they follow from changes.

use crate::cli::product::Product;
use crate::collect::generated;
use crate::ofrep::organisation::{Reply, ask};
use crate::receive::served::{Served, until};

fn get(server: &Served, path: &str, headers: &[(&str, &str)]) -> Reply {
    ask(&server.address, &format!("GET {path}"), headers, b"")
}

fn collected(product: &Product, name: &str) {
    generated(&product.home().join(name), 20, 24);
    product.collect(name);
}

#[test]
fn a_page_is_sent_again_until_its_data_change() {
    let product = Product::new();
    collected(&product, "app");
    let server = Served::start(&product);
    let first = get(&server, "/metrics/commit_cadence", &[]);
    let tag = first.header("etag").unwrap().to_owned();
    assert_eq!((first.status, first.header("cache-control")), (200, Some("no-cache")));
    let again = get(&server, "/metrics/commit_cadence", &[]);
    assert_eq!((again.header("etag"), &again.body), (Some(tag.as_str()), &first.body));
    let known = get(&server, "/metrics/commit_cadence", &[("If-None-Match", &tag)]);
    assert_eq!((known.status, known.body.as_str(), known.header("etag")), (304, "", Some(tag.as_str())));
    assert!(known.header("content-security-policy").is_some());
    let other = get(&server, "/metrics/commit_cadence?weeks=12", &[("If-None-Match", &tag)]);
    assert_eq!(other.status, 200, "another address is another page");

    collected(&product, "library");
    until("the new source is on the page", || {
        let fresh = get(&server, "/metrics/commit_cadence", &[("If-None-Match", &tag)]);
        fresh.status == 200 && fresh.body.contains("library")
    });
}

#[test]
fn what_is_missing_or_asks_for_something_live_is_not_kept() {
    let product = Product::new();
    collected(&product, "app");
    let server = Served::start(&product);
    for (path, status) in [("/nothing", 404), ("/metrics/nothing", 404), ("/sql", 200), ("/collectors", 200)] {
        let reply = get(&server, path, &[]);
        assert_eq!((reply.status, reply.header("etag")), (status, None), "{path}");
    }
}

#[test]
fn many_who_ask_at_the_same_time_get_the_same_page() {
    let product = Product::new();
    collected(&product, "app");
    let server = Served::start(&product);
    let bodies: Vec<String> = std::thread::scope(|scope| {
        let ask = |_| scope.spawn(|| get(&server, "/maintainability", &[]).body);
        let asking: Vec<_> = (0..12).map(ask).collect();
        asking.into_iter().map(|it| it.join().unwrap()).collect()
    });
    assert!(bodies[0].contains("<h1>") && bodies.iter().all(|body| *body == bodies[0]));
}
