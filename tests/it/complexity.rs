//! Figures of small files against values worked out by hand.
//!
//! The fixtures name at each line what it adds: `c` to cyclomatic complexity (McCabe 1976), `g` to cognitive complexity
//! (Campbell 2018). Where the library differs from the published rule, the fixture says so and the library's value stands
//! here, so that a new version which moves it is noticed.

use std::path::Path;

use paceline::collect::git::complexity::{self, FileMetrics, SIZE_LIMIT_BYTES, Status};
use paceline::collect::git::language;

/// The worst depth that a parser meets in practice is far below.
const DEPTH: usize = 20_000;

/// Name, first line, last line, lines with code, cyclomatic, cognitive, parameters.
type Expected<'a> = (&'a str, u64, u64, u64, u64, u64, u64);

fn analyse_fixture(file: &str) -> FileMetrics {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/complexity").join(file);
    let bytes = std::fs::read(&path).unwrap();
    complexity::analyse(language::language(file).unwrap(), &bytes)
}

/// `lines` are the file's physical lines, lines with code and lines with comments.
fn check(file: &str, lines: (u64, u64, u64), expected: &[Expected]) {
    let metrics = analyse_fixture(file);
    assert_eq!(metrics.status, Status::Analysed, "{file}");
    assert_eq!((metrics.lines, metrics.code_lines, metrics.comment_lines), lines, "{file}");
    let found: Vec<Expected> = metrics
        .functions
        .iter()
        .map(|f| {
            let name = f.name.as_deref().unwrap_or("-");
            (name, f.start_line, f.end_line, f.code_lines, f.cyclomatic, f.cognitive, f.parameters)
        })
        .collect();
    assert_eq!(found, expected, "{file}");
    assert_eq!(metrics.cyclomatic, expected.iter().map(|row| row.4).sum::<u64>(), "{file}");
    assert_eq!(metrics.cognitive, expected.iter().map(|row| row.5).sum::<u64>(), "{file}");
    check_invariants(&metrics);
}

fn check_invariants(metrics: &FileMetrics) {
    let own: u64 = metrics.functions.iter().map(|f| f.own_code_lines).sum();
    assert!(own <= metrics.code_lines, "{own} lines of functions in {} lines", metrics.code_lines);
    assert!(metrics.halstead_volume.is_finite() && metrics.halstead_volume >= 0.0);
    for f in &metrics.functions {
        assert!(f.cyclomatic >= 1 && f.lines == f.end_line + 1 - f.start_line && f.code_lines <= f.lines, "{f:?}");
        assert!(f.halstead_volume.is_finite() && f.halstead_volume <= metrics.halstead_volume, "{f:?}");
    }
}

// `classify` is the same in every language. Cyclomatic: 1 + for + if + && + else-if + two || = 7. Cognitive: for 1, if 2
// (nested in the loop), && 1, else-if 1, || 1 (one sequence of like operators), else 1 = 7.

#[test]
fn rust_counts_as_by_hand() {
    let expected = [
        ("plain", 3, 5, 3, 1, 0, 1),
        ("classify", 7, 19, 13, 7, 7, 3),
        ("label", 22, 28, 7, 3, 1, 1),
        // The closures count here, the nested function apart; its lines are in the 13.
        ("positive", 33, 47, 13, 4, 3, 1),
        ("helper", 42, 44, 3, 2, 1, 2),
    ];
    check("sample.rs", (48, 39, 14), &expected);
}

#[test]
fn python_counts_as_by_hand() {
    let expected = [
        ("plain", 4, 5, 2, 1, 0, 1),
        ("classify", 8, 17, 10, 7, 7, 3),
        // The docstring is no code; `self` is a parameter like another.
        ("read", 21, 29, 8, 4, 4, 2),
        ("size", 32, 36, 4, 1, 0, 1),
        ("inner", 33, 34, 2, 2, 2, 1),
    ];
    check("sample.py", (36, 26, 10), &expected);
}

#[test]
fn javascript_counts_as_by_hand() {
    let expected = [
        ("plain", 2, 4, 3, 1, 0, 1),
        ("classify", 6, 18, 13, 7, 7, 3),
        ("label", 20, 29, 10, 3, 1, 1),
        ("keep", 32, 39, 8, 3, 4, 1),
        ("arrow", 42, 42, 1, 2, 1, 2),
        ("guarded", 44, 48, 5, 2, 1, 1),
        ("-", 50, 54, 5, 1, 0, 0),
        ("-", 51, 53, 3, 2, 2, 0),
    ];
    check("sample.js", (54, 47, 13), &expected);
}

#[test]
fn typescript_counts_as_by_hand_but_for_null_coalescing() {
    let expected = [("plain", 5, 7, 3, 1, 0, 1), ("classify", 9, 21, 13, 7, 7, 3), ("find", 26, 33, 8, 3, 2, 1)];
    check("sample.ts", (34, 30, 6), &expected);
}

#[test]
fn java_and_csharp_count_as_by_hand() {
    let java = [
        ("plain", 3, 5, 3, 1, 0, 1),
        ("classify", 7, 19, 13, 7, 7, 3),
        ("label", 21, 30, 10, 3, 1, 1),
        // From its annotation on.
        ("toString", 32, 48, 17, 4, 4, 0),
    ];
    check("Sample.java", (49, 45, 11), &java);
    let csharp = [
        ("Plain", 4, 7, 4, 1, 0, 1),
        ("Classify", 9, 28, 20, 7, 7, 3),
        ("Label", 30, 41, 12, 3, 1, 1),
        ("get", 45, 45, 1, 2, 1, 0),
    ];
    check("Sample.cs", (47, 43, 9), &csharp);
}

#[test]
fn kotlin_go_php_and_ruby_count_as_by_hand() {
    let kotlin = [
        ("plain", 2, 2, 1, 1, 0, 1),
        ("classify", 4, 16, 13, 7, 7, 3),
        ("label", 18, 22, 5, 3, 1, 1),
        ("keep", 25, 32, 8, 2, 2, 0),
    ];
    check("sample.kt", (33, 29, 9), &kotlin);
    let go = [
        ("plain", 4, 6, 3, 1, 0, 1),
        ("classify", 8, 20, 13, 7, 7, 3),
        ("label", 22, 31, 10, 3, 1, 1),
        ("keep", 35, 42, 8, 2, 2, 2),
    ];
    check("sample.go", (42, 36, 9), &go);
    let php = [("plain", 3, 6, 4, 1, 0, 1), ("classify", 8, 21, 14, 7, 7, 3), ("keep", 25, 33, 9, 2, 2, 1)];
    check("sample.php", (34, 31, 6), &php);
    let ruby = [
        ("plain", 2, 4, 3, 1, 0, 1),
        ("classify", 6, 18, 13, 7, 7, 3),
        ("label", 20, 29, 10, 3, 1, 1),
        ("each_item", 32, 36, 5, 2, 2, 1),
    ];
    check("sample.rb", (37, 33, 9), &ruby);
}

#[test]
fn c_cpp_and_bash_count_as_by_hand() {
    let c = [("plain", 4, 4, 1, 1, 0, 1), ("classify", 6, 19, 14, 7, 7, 4), ("label", 21, 33, 13, 3, 2, 1)];
    check("sample.c", (33, 29, 9), &c);
    let cpp = [
        ("plain", 6, 6, 1, 1, 0, 1),
        ("classify", 8, 20, 13, 7, 7, 3),
        ("Store", 24, 24, 1, 1, 0, 1),
        ("size", 26, 34, 9, 3, 3, 0),
    ];
    check("sample.cpp", (40, 32, 8), &cpp);
    let bash = [("plain", 3, 5, 3, 1, 0, 0), ("classify", 7, 19, 13, 5, 6, 0), ("label", 21, 27, 7, 3, 1, 0)];
    check("sample.sh", (27, 23, 9), &bash);
}

/// Cyclomatic, cognitive, nesting of each function.
fn counts(language: &str, text: &str) -> Vec<(u64, u64, u64)> {
    let metrics = complexity::analyse(language, text.as_bytes());
    assert_eq!(metrics.status, Status::Analysed, "{text}");
    metrics.functions.iter().map(|f| (f.cyclomatic, f.cognitive, f.nesting)).collect()
}

// McCabe's graph: 1 + the nodes with two ways out, n − 1 for a node with n.

#[test]
fn the_last_arm_of_an_exhaustive_match_is_no_decision() {
    // Three ways: 1 + 2, with a wildcard and without one. Cognitive: the match, 1.
    assert_eq!(counts("rust", "fn f(a: A) { match a { A::X => x(), A::Y => y(), A::Z => z() } }"), [(3, 1, 1)]);
    assert_eq!(counts("rust", "fn f(a: A) { match a { A::X => x(), A::Y => y(), _ => z() } }"), [(3, 1, 1)]);
    assert_eq!(counts("rust", "fn f(a: A) { match a { A::X => x(), A::Y => y(), other => z() } }"), [(3, 1, 1)]);
    // A guard is a way of its own: three arms and an if.
    assert_eq!(counts("rust", "fn f(a: A) { match a { A::X if q => x(), A::X => y(), _ => z() } }")[0].0, 4);
    assert_eq!(counts("rust", "fn f(a: A) { match a { _ if q => x(), _ => z() } }")[0].0, 3);
    // One arm, and none: no choice.
    assert_eq!(counts("rust", "fn f(a: A) { match a { A { b } => b } }")[0].0, 1);
    assert_eq!(counts("rust", "fn f(a: Never) { match a {} }")[0].0, 1);
}

#[test]
fn what_has_one_way_out_is_no_decision() {
    assert_eq!(counts("rust", "fn f() { loop { a(); } }"), [(1, 1, 1)]);
    assert_eq!(counts("rust", "fn f() { loop { if a() { break; } } }"), [(2, 3, 2)]);
    assert_eq!(counts("python", "def f():\n    assert a\n    assert b, 'c'\n"), [(1, 0, 0)]);
    assert_eq!(counts("python", "def f():\n    for a in b:\n        c()\n    else:\n        d()\n")[0].0, 2);
    assert_eq!(counts("python", "def f():\n    while a:\n        c()\n    else:\n        d()\n")[0].0, 2);
    let text = "def f():\n    try:\n        a()\n    except E:\n        b()\n    else:\n        c()\n    finally:\n        d()\n";
    assert_eq!(counts("python", text)[0].0, 2);
    // The else of an if goes with its if.
    assert_eq!(counts("python", "def f():\n    if a:\n        c()\n    else:\n        d()\n"), [(2, 2, 1)]);
}

#[test]
fn a_sequence_of_logical_operators_counts_once_in_a_lambda() {
    assert_eq!(counts("python", "def f(a):\n    return a and a.b or a.c\n")[0].1, 2);
    assert_eq!(counts("python", "def f(a):\n    return g(lambda b: b and b.c or b.d)\n")[0].1, 2);
    assert_eq!(counts("python", "def f(a):\n    return g(lambda b: lambda c: b and c)\n")[0].1, 1);
    // The one inside is another sequence, of another operator.
    assert_eq!(counts("python", "def f(a):\n    return g(lambda b: b and (lambda c: b or c))\n")[0].1, 2);
    // A conditional expression is nested in the lambda: 2, and `and` once.
    assert_eq!(counts("python", "def f(a):\n    return g(lambda b: b.c if a and b else b.d)\n")[0].1, 3);
}

// Campbell: +1 for the structure and +1 for each structure or function around it.

#[test]
fn an_arrow_function_nests_only_within_another_function() {
    for language in ["javascript", "typescript", "tsx"] {
        let free = "const f = (a) => { if (a) { for (;;) {} } };";
        assert_eq!(counts(language, free), counts(language, "function f(a) { if (a) { for (;;) {} } }"), "{language}");
        assert_eq!(counts(language, free), [(3, 3, 2)], "{language}");
        // One function around: if 2. What is in a class is in no function, what is in a method is in one.
        assert_eq!(counts(language, "const f = () => a.map((b) => { if (b) {} });"), [(2, 2, 1)], "{language}");
        assert_eq!(counts(language, "class A { b = () => { if (c) {} } }"), [(2, 1, 1)], "{language}");
        assert_eq!(
            counts(language, "class A { b() { return c.map((d) => { if (d) {} }); } }"),
            [(2, 2, 1)],
            "{language}"
        );
        // else-if adds 1 each without nesting, in whatever function it is.
        assert_eq!(
            counts(language, "const f = (a) => { if (a) {} else if (b) {} else {} };"),
            [(3, 3, 1)],
            "{language}"
        );
    }
}

#[test]
fn nesting_is_the_deepest_of_its_own_control_structures() {
    // while > if > for; the else-if is beside its if, the conditional expression and the block are none.
    let rust = "fn f() { while a { if b { for c in d {} } else if e { x() } else { if g { y() } } } { { z() } } }";
    assert_eq!(counts("rust", rust)[0].2, 3);
    let python = "def f():\n    with a:\n        try:\n            x()\n        except E:\n            if b:\n                y()\n";
    assert_eq!(counts("python", python)[0].2, 2);
    assert_eq!(counts("python", "def f():\n    if a:\n        x()\n    elif b:\n        y()\n")[0].2, 1);
    assert_eq!(
        counts("python", "def f():\n    if a:\n        x()\n    else:\n        if b:\n            y()\n")[0].2,
        2
    );
    assert_eq!(counts("go", "package p\nfunc f() { if a { x() } else if b { y() } else { for { z() } } }")[0].2, 2);
    assert_eq!(
        counts("java", "class A { void f() { if (a) {} else if (b) { switch (c) { case 1: if (d) {} } } } }")[0].2,
        3
    );
    assert_eq!(
        counts(
            "csharp",
            "class A { void f() { foreach (var a in b) { if (c) {} else if (d) { try {} finally {} } } } }"
        )[0]
        .2,
        3
    );
    assert_eq!(counts("c", "void f() { do { if (a) {} else if (b) { while (c) {} } } while (d); }")[0].2, 3);
    assert_eq!(counts("cpp", "void f() { for (auto a : b) { try { if (c) {} } catch (...) {} } }")[0].2, 3);
    assert_eq!(
        counts("kotlin", "fun f() { for (a in b) { if (c) {} else if (d) { when (e) { 1 -> x() } } } }")[0].2,
        3
    );
    assert_eq!(
        counts("php", "<?php function f() { foreach ($a as $b) { if ($c) {} elseif ($d) { while ($e) {} } } }")[0].2,
        3
    );
    assert_eq!(
        counts("ruby", "def f\n  while a\n    if b\n      x\n    elsif c\n      y unless d\n    end\n  end\nend\n")[0]
            .2,
        3
    );
    assert_eq!(
        counts("bash", "f() {\n  if a; then\n    x\n  elif b; then\n    for c in d; do y; done\n  fi\n}\n")[0].2,
        2
    );
    // A closure goes on where it stands, a function of its own begins anew.
    assert_eq!(counts("rust", "fn f() { if a { b(|| { if c {} }) } }")[0].2, 2);
    let nested: Vec<u64> = counts("rust", "fn f() { if a { fn g() { if c {} } } }").iter().map(|it| it.2).collect();
    assert_eq!(nested, [1, 1]);
}

#[test]
fn nested_functions_own_their_lines_once() {
    let functions = analyse_fixture("sample.rs").functions;
    let own = |name: &str| {
        let f = functions.iter().find(|f| f.name.as_deref() == Some(name)).unwrap();
        (f.own_code_lines, f.depth)
    };
    assert_eq!((own("positive"), own("helper")), ((10, 0), (3, 1)));

    // Several functions on one line: the line goes to the first of the innermost.
    let shared = complexity::analyse("javascript", b"function a() { const b = () => 1; const c = () => 2; }\n");
    let own: Vec<u64> = shared.functions.iter().map(|f| f.own_code_lines).collect();
    assert_eq!(own, [0, 1, 0]);
    check_invariants(&shared);
}

#[test]
fn line_ends_and_byte_order_mark_change_nothing() {
    let plain = complexity::analyse("rust", b"fn a() {\n    // x\n    b();\n}\n");
    assert_eq!((plain.lines, plain.code_lines, plain.comment_lines), (4, 3, 1));
    for same in ["fn a() {\r\n    // x\r\n    b();\r\n}\r\n", "\u{feff}fn a() {\n    // x\n    b();\n}"] {
        assert_eq!(complexity::analyse("rust", same.as_bytes()), plain);
    }
}

#[test]
fn what_cannot_be_analysed_says_why() {
    let status = |language: &str, bytes: &[u8]| complexity::analyse(language, bytes).status;
    assert_eq!(status("rust", b"fn a() {}\0"), Status::NotText);
    assert_eq!(status("rust", &vec![b'\n'; SIZE_LIMIT_BYTES + 1]), Status::TooLarge);
    assert_eq!(status("toml", b"a = 1"), Status::Unparsable("no grammar for toml".to_owned()));
    assert!(matches!(status("rust", &b")".repeat(99)), Status::Unparsable(_)));
    assert_eq!(status("rust", b""), Status::Analysed);
    assert_eq!(status("rust", b"fn a() { \"\xff\xfe\" }"), Status::Analysed);
    assert_eq!(complexity::analyse("rust", b"a\nb").lines, 2);
}

#[test]
fn depth_does_not_overflow_the_stack() {
    let nest = |head: &str, open: &str, close: &str, tail: &str| {
        format!("{head}{}1{}{tail}", open.repeat(DEPTH), close.repeat(DEPTH))
    };
    let texts = [
        ("bash", nest("f() {\n", "if a; then\n", "\nfi\n", "}\n")),
        ("c", nest("int f(int a) {", "if (a) {", ";}", "}")),
        ("cpp", nest("int f(int a) { return ", "(", ")", ";}")),
        ("csharp", nest("class A { void f(bool a) {", "if (a) {", ";}", "}}")),
        ("go", nest("package p\nfunc f(a bool) {", "if a {", "}", "}")),
        ("java", nest("class A { void f(boolean a) {", "if (a) {", ";}", "}}")),
        ("javascript", nest("const a = ", "(() => {", "})", ";")),
        ("kotlin", nest("fun f(a: Boolean) {", "if (a) {", "}", "}")),
        ("php", nest("<?php function f($a) {", "if ($a) {", ";}", "}")),
        ("python", nest("a = ", "[", "]", "\n")),
        ("ruby", nest("def f(a)\n", "if a\n", "\nend\n", "end\n")),
        ("rust", nest("fn f(a: bool) {", "if a {", "}", "}")),
        ("tsx", nest("const a = ", "<b>", "</b>", ";")),
        ("typescript", nest("function f(a: boolean) {", "if (a) {", "}", "}")),
    ];
    check_invariants(&complexity::analyse("rust", format!("fn f() {{ {}", "(".repeat(DEPTH)).as_bytes()));
    for (language, text) in &texts {
        let metrics = complexity::analyse(language, text.as_bytes());
        assert_eq!(metrics.status, Status::Analysed, "{language}");
        check_invariants(&metrics);
    }
}

#[test]
fn languages_are_known_by_path() {
    for (path, expected) in [
        ("src/lib.rs", Some("rust")),
        ("a/B.PY", Some("python")),
        ("ui/App.tsx", Some("tsx")),
        ("ui/app.jsx", Some("javascript")),
        ("include/a.h", Some("c-header")),
        ("deploy/Dockerfile", Some("dockerfile")),
        ("CMakeLists.txt", Some("cmake")),
        ("Cargo.lock", Some("toml")),
        (".bashrc", Some("bash")),
        ("LICENSE", None),
        (".rs", None),
        ("", None),
        ("ä/ö.ü", None),
    ] {
        assert_eq!(language::language(path), expected, "{path}");
    }
    let long = format!("{}ä.test.ts", "ä".repeat(40));
    assert_eq!(language::language(&long), Some("typescript"));
    assert!(language::can_analyse("rust") && !language::can_analyse("toml"));
}

#[test]
fn every_analysable_language_has_a_grammar() {
    let names =
        ["a.sh", "a.c", "a.h", "a.cpp", "a.cs", "a.go", "a.java", "a.js", "a.kt", "a.php", "a.py", "a.rb", "a.rs"];
    for path in names.into_iter().chain(["a.tsx", "a.ts"]) {
        let language = language::language(path).unwrap();
        assert!(language::can_analyse(language), "{language}");
        assert_eq!(complexity::analyse(language, b"").status, Status::Analysed, "{language}");
    }
}

#[test]
fn generated_and_vendored_files_are_known_by_path() {
    let generated = "Cargo.lock|web/yarn.lock|package-lock.json|go.sum|vendor/a/b.go|a/node_modules/b.js|third_party/x.c\
        |dist/app.js|lib/jquery.min.js|api_pb2.py|api.pb.go|models.generated.ts|a/__snapshots__/x.js|tests/x.snap\
        |Form.Designer.cs|zz_generated.deepcopy.go|app.js.map";
    for path in generated.split('|') {
        assert!(language::is_generated(path.trim()), "{path}");
    }
    for path in "src/main.rs|vendor.rs|src/vendors/a.py|distance.go|snapshots/store.go|lock.rs|src/min.js".split('|') {
        assert!(!language::is_generated(path), "{path}");
    }
}
