//! The mail as bytes, as HTML and as text.

use super::*;
use crate::digest::tests::{hard, sample};
use crate::digest::{Digest, Figure, Group};
use unicode_width::UnicodeWidthStr;

pub(in crate::digest) fn headers() -> Headers {
    Headers {
        from: "Paceline <pace@example.com>".to_owned(),
        to: vec!["checkout@example.com".to_owned(), "Engineering <eng@example.com>".to_owned()],
        date: "2026-11-23T06:00:00Z".parse().unwrap(),
        message_id: "digest.checkout.2026-11-22@example.com".to_owned(),
    }
}

fn mail(digest: &Digest) -> Message {
    message(digest, &headers()).unwrap()
}

fn ascii(message: &Message) -> String {
    assert!(message.bytes.is_ascii());
    String::from_utf8(message.bytes.clone()).unwrap()
}

#[test]
fn the_same_digest_gives_the_same_bytes() {
    assert_eq!(mail(&sample()).bytes, mail(&sample()).bytes);
    let other = Digest { scope: "Payments, 9 people".to_owned(), ..sample() };
    assert_ne!(mail(&sample()).bytes, mail(&other).bytes);
}

#[test]
fn headers_are_those_that_were_given() {
    let bytes = ascii(&mail(&sample()));
    let (head, _) = bytes.split_once("\r\n\r\n").unwrap();
    for line in [
        "From: Paceline <pace@example.com>",
        "To: checkout@example.com, Engineering <eng@example.com>",
        "Date: Mon, 23 Nov 2026 06:00:00 +0000",
        "Subject: Engineering digest, Week 47: Checkout, 12 people",
        "Message-ID: <digest.checkout.2026-11-22@example.com>",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
    ] {
        assert!(head.split("\r\n").any(|it| it == line), "{line} is not in\n{head}");
    }
    let many = Headers { to: (0..300).map(|i| format!("Team {i} <team{i}@example.com>")).collect(), ..headers() };
    for bytes in [bytes, ascii(&message(&sample(), &many).unwrap())] {
        assert!(bytes.split("\r\n").all(|line| line.len() <= 998), "RFC 5322 bounds a line");
    }
}

#[test]
fn a_name_adds_no_header() {
    let bytes = ascii(&mail(&hard(1)));
    let (head, _) = bytes.split_once("\r\n\r\n").unwrap();
    // A folded line continues a header, and begins with a space.
    let names: Vec<&str> = head
        .split("\r\n")
        .filter(|line| !line.starts_with(' '))
        .filter_map(|line| line.split_once(':'))
        .map(|it| it.0)
        .collect();
    let expected = ["From", "Date", "Subject", "Message-ID", "Auto-Submitted", "To", "MIME-Version", "Content-Type"];
    assert_eq!(names, expected, "{head}");
}

#[test]
fn a_name_is_no_markup() {
    let html = mail(&hard(1)).html;
    for forbidden in ["<script", "<b>", "javascript:", "evil.example", "\u{202e}", "NaN", "href=\"https://pace"] {
        assert!(!html.contains(forbidden), "{forbidden} in {html}");
    }
    assert!(html.contains("&lt;script&gt;"), "{html}");
    assert!(html.contains('\u{2068}') && html.matches('\u{2068}').count() == html.matches('\u{2069}').count());
}

#[test]
fn wrong_headers_are_refused_with_the_value() {
    let refused = |headers: Headers| message(&sample(), &headers).unwrap_err().to_string();
    let to = |to: &[&str]| Headers { to: to.iter().map(|it| (*it).to_owned()).collect(), ..headers() };
    assert!(
        refused(to(&["nobody"])).starts_with("\"nobody\" is no mail address to send to: "),
        "{}",
        refused(to(&["nobody"]))
    );
    assert!(refused(to(&["a@b.example\r\nBcc: c@d.example"])).contains("line break"));
    assert!(refused(to(&["a@b.example, c@d.example"])).starts_with("\"a@b.example, c@d.example\" is no mail address"));
    assert!(refused(to(&["jürgen@example.com"])).contains("ASCII"));
    assert_eq!(refused(to(&[])), "nobody to send the digest to; name at least one address");
    for date in ["1969-12-31T23:59:59Z", "9999-01-01T00:00:00Z"] {
        let words = refused(Headers { date: date.parse().unwrap(), ..headers() });
        assert!(words.contains("is no date for a mail"), "{words}");
    }
    for id in ["", "no-at", "a b@c", "a@b\r\nX: y", "a@b>, <c@d", "<a@b@c>"] {
        let words = refused(Headers { message_id: id.to_owned(), ..headers() });
        assert!(words.contains("is no message id"), "{id}: {words}");
    }
}

#[test]
fn every_picture_that_is_shown_is_attached_once() {
    let mail = mail(&sample());
    let bytes = ascii(&mail);
    let shown: Vec<&str> = mail.html.split("src=\"cid:").skip(1).filter_map(|it| it.split('"').next()).collect();
    assert_eq!(shown.len(), 5, "all but the figure without a series");
    for id in shown {
        assert_eq!(bytes.matches(&format!("Content-ID: <{id}>")).count(), 1, "{id}");
    }
    assert!(!mail.html.contains("data:image"));
    assert_eq!(mail.html.matches(" alt=\"").count(), 5);
    assert!(
        mail.html.contains("alt=\"Cycle time, 27 Jul to 16 Nov 2026: 23.4 to 33.5\u{a0}h, 2 of 17 not known, last"),
        "{}",
        mail.html
    );
}

#[test]
fn html_is_whole_and_small_enough_for_gmail() {
    for digest in [Digest::default(), sample(), hard(3), hard(300)] {
        let html = mail(&digest).html;
        assert!(html.len() <= 100 * 1024, "{} bytes", html.len());
        assert!(html.ends_with("</html>"));
        for tag in ["table", "tr", "td", "div", "p", "h2", "h3"] {
            let opened = html.matches(&format!("<{tag} ")).count() + html.matches(&format!("<{tag}>")).count();
            assert_eq!(opened, html.matches(&format!("</{tag}>")).count(), "{tag}");
        }
    }
    let html = mail(&hard(300)).html;
    assert!(
        html.contains(" more figures: see the whole digest.") && html.contains(" more notes"),
        "what is left out is counted"
    );
}

#[test]
fn a_preview_has_its_pictures_inside() {
    let html = preview(&sample()).unwrap();
    assert_eq!(html.matches("src=\"data:image/png;base64,").count(), 5);
    assert!(!html.contains("cid:"));
}

#[test]
fn the_text_is_72_wide_with_numbers_below_each_other() {
    let text = mail(&sample()).text;
    for line in text.lines().filter(|line| !line.contains("https://")) {
        assert!(line.width() <= 72, "{}: {line}", line.width());
    }
    let end_of = |title: &str, number: &str| {
        let line = text.lines().find(|line| line.starts_with(&format!("{title}  ")) && line.contains(number)).unwrap();
        line[..line.find(number).unwrap()].width() + number.width()
    };
    assert_eq!(end_of("Cycle time", "23.4 h"), end_of("Deployment frequency", "4.1 / day"));
    insta::assert_snapshot!(text, @r"
    ENGINEERING DIGEST
    Checkout, 12 people
    Week 47: 16 to 22 Nov 2026

    WHAT CHANGED
    ------------------------------------------------------------------------
    Cycle time fell from 28.5 to 23.4 hours since the review assistant was
    given to half of the teams in week 34. Change fail rate rose by 0.6
    percentage points, within its usual range.

    FLOW
    ------------------------------------------------------------------------
    Cycle time                          23.4 h  ▲ better −18 % (−26.1 to
                                                  −7.8 %)
      20.1 to 27.2 h, n = 812; target 24 h; median, first commit to merge
      27 Jul to 16 Nov 2026: 23.4 to 33.5 h, 2 of 17 not known
      https://pace.example.com/metrics/pr_cycle_time?team=checkout

    Time to first review                 5.2 h  ● no clear change −3 %
                                                  (−11.0 to +5.4 %)
      4.4 to 6.1 h, n = 790; median, ready to first review
      21 Sep to 16 Nov 2026: 4.9 to 6.3 h
      https://pace.example.com/metrics/time_to_first_review

    Merged pull requests                   142  ● changed +12 %
      n = 142; pull requests per week
      19 Oct to 16 Nov 2026: 118 to 142

    DELIVERY
    ------------------------------------------------------------------------
    Deployment frequency             4.1 / day  ▲ better +9 %
      3.6 to 4.7 / day, n = 29; production deployments
      5 Oct to 16 Nov 2026: 3.1 to 4.1 / day

    Change fail rate                     7.8 %  ▼ worse +0.6 pp
      4.9 to 8.3 %, n = 29; target 5 %; deployments followed by a fix
      19 Oct to 16 Nov 2026: 6.9 to 7.8 %

    SUPPORT
    ------------------------------------------------------------------------
    Escaped defects      no support source yet
      tickets

    EXPERIMENTS
    ------------------------------------------------------------------------
    Review assistant (▲ ship)
      Pull requests of the teams that have it wait 17 % less for their first
      review (−26.1 to −7.8 %); no guardrail is worse.
      https://pace.example.com/experiments/review_assistant

    ABOUT THE DATA
    ------------------------------------------------------------------------
    - Jira was last read on 20 Nov 2026: tickets after that day are missing.

    -- 
    Open the digest: https://pace.example.com/digest?team=checkout
    Paceline 0.1.0, data through 22 Nov 2026, 06:00 UTC
    ");
}

#[test]
fn text_with_wide_letters_and_long_titles_stays_in_its_columns() {
    let figure = |title: &str| Figure { title: title.to_owned(), value: Some(3.0), ..Figure::default() };
    let titles = ["結帳團隊", "Median time from the first commit to the merge", "结", "فريق الدفع"];
    let group = Group { title: "Flow".to_owned(), figures: titles.map(figure).to_vec() };
    let text = mail(&Digest { groups: vec![group], ..Digest::default() }).text;
    let ends: Vec<usize> = text.lines().filter(|line| line.ends_with("3.0")).map(|line| line.width()).collect();
    assert_eq!(ends, [42, 42, 42, 42], "{text}");
}

#[test]
fn hard_text_stays_within_its_lines() {
    let text = mail(&hard(2)).text;
    assert!(!text.contains('\r') && text.lines().count() > 20);
    assert!(text.lines().all(|line| !line.starts_with("Bcc:")), "{text}");
}
