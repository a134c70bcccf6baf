//! The language of a file, and whether a person wrote it, from its path alone.
//!
//! Its one rule: a path is enough. Every changed file of every commit passes through here, so nothing is read, nothing is
//! compiled and no table larger than a `match` is searched. What only the content can tell is left open: an `.h` file is
//! `c-header`, because C and C++ share the extension.

/// Longest extension or file name that the tables hold, bytes.
const NAME_LIMIT: usize = 32;

/// The language of `path` by its file name: a stable lower-case name, or `None` where the name does not tell.
///
/// The names are keys in stored tables; they are added to and never changed. `tsx` is apart from `typescript` because
/// the two need different grammars, while `.jsx` is `javascript`.
pub fn language(path: &str) -> Option<&'static str> {
    let mut buffer = [0; NAME_LIMIT];
    let name = lower_case(file_name(path), &mut buffer)?;
    if let Some(language) = by_file_name(name) {
        return Some(language);
    }
    let extension = extension(name)?;
    by_code_extension(extension).or_else(|| by_other_extension(extension))
}

/// Whether [`analyse`](super::complexity::analyse) has a grammar for `language`.
pub fn can_analyse(language: &str) -> bool {
    matches!(
        language,
        "bash"
            | "c"
            | "c-header"
            | "cpp"
            | "csharp"
            | "go"
            | "java"
            | "javascript"
            | "kotlin"
            | "php"
            | "python"
            | "ruby"
            | "rust"
            | "tsx"
            | "typescript"
    )
}

/// Whether `path` names a file that a tool wrote or that was copied from another project, by its name or its folder.
///
/// In the spirit of the published lists of GitHub's linguist (`vendor.yml`, `generated.rb`), without their rules that
/// read the content: a generated file under an ordinary name passes as written by hand.
pub fn is_generated(path: &str) -> bool {
    let mut folders = path.split('/');
    let name = folders.next_back().unwrap_or(path);
    folders.any(is_generated_folder) || is_lock_file(name) || has_generated_name(name)
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The part after the last dot. A dot file such as `.bashrc` has none.
fn extension(name: &str) -> Option<&str> {
    name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map(|(_, extension)| extension)
}

/// The end of `name` in lower case, cut to the length that the tables can hold: no allocation for a file.
fn lower_case<'a>(name: &str, buffer: &'a mut [u8; NAME_LIMIT]) -> Option<&'a str> {
    let bytes = name.as_bytes();
    let tail = bytes.get(bytes.len().saturating_sub(NAME_LIMIT)..)?;
    let target = buffer.get_mut(..tail.len())?;
    target.copy_from_slice(tail);
    target.make_ascii_lowercase();
    // The cut may fall inside a character; what precedes the last dot does not matter then.
    let start = target.iter().position(|byte| byte & 0b1100_0000 != 0b1000_0000)?;
    std::str::from_utf8(target.get(start..)?).ok()
}

fn by_file_name(name: &str) -> Option<&'static str> {
    Some(match name {
        "dockerfile" | "containerfile" => "dockerfile",
        "makefile" | "gnumakefile" => "makefile",
        "cmakelists.txt" => "cmake",
        "justfile" => "just",
        "jenkinsfile" => "groovy",
        "build" | "build.bazel" | "workspace" | "module.bazel" => "starlark",
        "gemfile" | "rakefile" | "podfile" | "vagrantfile" | "brewfile" | "fastfile" => "ruby",
        ".bashrc" | ".bash_profile" | ".profile" | "pkgbuild" => "bash",
        "go.mod" | "go.sum" => "go-module",
        "cargo.lock" | "poetry.lock" | "uv.lock" | "pipfile" => "toml",
        ".prettierrc" | ".eslintrc" | ".babelrc" | "composer.lock" | "pipfile.lock" => "json",
        _ => return None,
    })
}

/// Languages with functions, most frequent first.
fn by_code_extension(extension: &str) -> Option<&'static str> {
    Some(match extension {
        "rs" => "rust",
        "py" | "pyi" | "pyw" => "python",
        "js" | "mjs" | "cjs" | "jsx" => "javascript",
        "ts" | "mts" | "cts" => "typescript",
        "tsx" => "tsx",
        "java" => "java",
        "kt" | "kts" => "kotlin",
        "cs" | "csx" => "csharp",
        "go" => "go",
        "c" => "c",
        "h" => "c-header",
        "cpp" | "cc" | "cxx" | "c++" | "hpp" | "hh" | "hxx" | "h++" | "ipp" | "tpp" | "inl" => "cpp",
        "rb" | "rake" | "gemspec" | "podspec" => "ruby",
        "php" | "phtml" | "php5" | "php7" => "php",
        "sh" | "bash" | "bats" | "ksh" | "zsh" => "bash",
        "swift" => "swift",
        "scala" | "sc" | "sbt" => "scala",
        "groovy" | "gradle" => "groovy",
        "m" | "mm" => "objective-c",
        "dart" => "dart",
        "ex" | "exs" => "elixir",
        "erl" | "hrl" => "erlang",
        "hs" => "haskell",
        "clj" | "cljs" | "cljc" => "clojure",
        "fs" | "fsi" | "fsx" => "fsharp",
        "ml" | "mli" => "ocaml",
        "lua" => "lua",
        "pl" | "pm" => "perl",
        "r" => "r",
        "jl" => "julia",
        "zig" => "zig",
        "ps1" | "psm1" | "psd1" => "powershell",
        "sol" => "solidity",
        "asm" | "s" => "assembly",
        "bzl" | "star" => "starlark",
        _ => return None,
    })
}

/// Markup, data, styles and queries.
fn by_other_extension(extension: &str) -> Option<&'static str> {
    Some(match extension {
        "md" | "markdown" | "mdx" => "markdown",
        "json" | "jsonc" | "json5" | "geojson" | "webmanifest" => "json",
        "yaml" | "yml" => "yaml",
        "toml" => "toml",
        "xml" | "svg" | "xsd" | "xsl" | "xslt" | "csproj" | "props" | "targets" | "plist" => "xml",
        "html" | "htm" | "xhtml" => "html",
        "css" => "css",
        "scss" | "sass" => "sass",
        "less" => "less",
        "vue" => "vue",
        "svelte" => "svelte",
        "astro" => "astro",
        "sql" | "ddl" | "slt" => "sql",
        "proto" => "protobuf",
        "graphql" | "gql" => "graphql",
        "tf" | "tfvars" | "hcl" => "hcl",
        "nix" => "nix",
        "cmake" => "cmake",
        "mk" | "mak" => "makefile",
        "dockerfile" => "dockerfile",
        "ini" | "cfg" | "conf" | "properties" => "ini",
        "csv" | "tsv" => "csv",
        "rst" => "restructuredtext",
        "tex" | "sty" | "bib" => "tex",
        "txt" => "text",
        "ipynb" => "notebook",
        "erb" | "haml" | "hbs" | "j2" | "jinja" | "ejs" | "twig" | "liquid" => "template",
        "bat" | "cmd" => "batch",
        _ => return None,
    })
}

/// Folders that hold what a package manager, a build or a copy put there.
fn is_generated_folder(folder: &str) -> bool {
    matches!(
        folder,
        "node_modules"
            | "bower_components"
            | "vendor"
            | "_vendor"
            | "third_party"
            | "third-party"
            | "Godeps"
            | "Pods"
            | "dist"
            | "__generated__"
            | "generated"
            | "__snapshots__"
            | "site-packages"
            | "__pycache__"
            | ".venv"
            | "venv"
            | ".yarn"
            | ".next"
            | ".terraform"
    )
}

/// Files that pin or sum dependencies.
fn is_lock_file(name: &str) -> bool {
    matches!(
        name,
        "package-lock.json"
            | "npm-shrinkwrap.json"
            | "pnpm-lock.yaml"
            | "go.sum"
            | "Package.resolved"
            | ".terraform.lock.hcl"
            | "gradlew"
            | "mvnw"
            | ".pnp.cjs"
    ) || name.ends_with(".lock")
        || name.ends_with(".lockfile")
}

/// Names by which code generators, minifiers and test frameworks mark their output.
fn has_generated_name(name: &str) -> bool {
    const ENDINGS: [&str; 28] = [
        ".min.js",
        ".min.css",
        "-min.js",
        "-min.css",
        ".bundle.js",
        ".chunk.js",
        ".js.map",
        ".css.map",
        ".snap",
        "_pb2.py",
        "_pb2.pyi",
        "_pb2_grpc.py",
        ".pb.go",
        ".pb.cc",
        ".pb.h",
        ".pb.rs",
        "_pb.js",
        "_pb.d.ts",
        "_pb.rb",
        "_generated.go",
        ".gen.go",
        ".gen.ts",
        ".g.dart",
        ".freezed.dart",
        ".g.cs",
        ".designer.cs",
        ".Designer.cs",
        ".tsbuildinfo",
    ];
    name.contains(".generated.")
        || name.starts_with("zz_generated")
        || ENDINGS.iter().any(|ending| name.ends_with(ending))
}
