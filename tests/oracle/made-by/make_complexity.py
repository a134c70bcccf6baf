"""Figures of other tools for every function of a folder of source code.

    make_complexity.py FOLDER > FOLDER/reference.json

lizard 1.24 gives the cyclomatic complexity; complexipy 8.3 the cognitive complexity of Python, which is all that it reads; radon
6.0 the maintainability index of Python files and what goes into it. A file that a tool cannot read is left out for that tool.
"""

import ast
import json
import os
import re
import sys

import complexipy
import lizard
from radon.metrics import mi_compute, mi_parameters

ENDINGS = (".py", ".java", ".go", ".js", ".ts", ".c", ".cpp", ".cs", ".kt", ".rb", ".php", ".rs")


# Spellings by which the tools count otherwise than this project. How often a function has one bounds the difference.
CONSTRUCTS = {
    ".py": {"finally": r"\bfinally\s*:", "async": r"\basync (?:for|with)\b", "match": r"^\s*case\b"},
    ".ts": {
        "optional chain": r"\?\.",
        "question mark": r"\?(?![.?])",
        "default": r"(?<![=!<>])=(?![=>])",
        "assignment": r"(?:\?\?|&&|\|\|)=",
        "type": r"\?\s*:|\bextends\b",
    },
    ".js": {"optional chain": r"\?\.", "default": r"[(,{]\s*\w+\s*=(?![=>])", "assignment": r"(?:\?\?|&&|\|\|)="},
    ".c": {
        "preprocessor": r"^\s*#\s*(?:if|elif|else|ifdef|ifndef)",
        "less than": r"(?<!<)<(?![<=])",
        "assignment in a condition": r"&&\s*!?\(\s*\w+\s*=(?!=)",
    },
    ".rs": {
        "closure without parameters": r"(?<!\w)\|\|(?=\s*[\w{(&\[\"'*!|])",
        "reference to a reference": r"&&(?=\w)",
        "where": r"\bwhere\b",
        "macro": r"\b\w+!\s*[\[({]",
    },
    ".cs": {"foreach": r"\bforeach\b"},
    ".java": {"class": r"\bnew\b[^;]*\{", "question mark": r"\?"},
    ".go": {},
}


def constructs(path, lines, start, end):
    text = "".join(lines[start - 1 : end])
    found = CONSTRUCTS.get(os.path.splitext(path)[1], {})
    counts = {name: len(re.findall(pattern, text, re.MULTILINE)) for name, pattern in found.items()}
    return {name: count for name, count in counts.items() if count}


def cyclomatic(path):
    """Name, first and last line, complexity, constructs."""
    with open(path, encoding="utf-8", errors="replace") as file:
        lines = file.readlines()
    found = lizard.analyze_file(path).function_list
    return [
        [f.name, f.start_line, f.end_line, f.cyclomatic_complexity, constructs(path, lines, f.start_line, f.end_line)]
        for f in found
    ]


def cognitive(path):
    """Name, first and last line, complexity, and what Campbell's paper leaves open or complexipy counts otherwise."""
    with open(path, encoding="utf-8") as file:
        open_questions = {node.end_lineno: questions(node) for node in ast.walk(ast.parse(file.read())) if is_function(node)}
    found = complexipy.file_complexity(path).functions
    return [[f.name, f.line_start, f.line_end, f.complexity, open_questions.get(f.line_end, [])] for f in found]


def is_function(node):
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))


def questions(function):
    found = set()
    for node in ast.walk(function):
        if is_function(node) and node is not function or isinstance(node, ast.ClassDef):
            found.add("nested function")
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", None)) == function.name:
            found.add("recursion")
        if isinstance(node, ast.comprehension):
            found.add("comprehension")
        if isinstance(node, ast.Lambda):
            found.add("lambda")
        if isinstance(node, (ast.For, ast.While, ast.Try)) and node.orelse:
            found.add("else of a loop or try")
        if isinstance(node, ast.Match):
            found.add("match")
        if isinstance(node, ast.IfExp):
            found.add("conditional expression")
        if isinstance(node, ast.BinOp) and any(isinstance(side, ast.BoolOp) for side in (node.left, node.right)):
            found.add("and or or as an operand")
    return sorted(found)


def radon(path):
    with open(path, encoding="utf-8") as file:
        code = file.read()
    volume, complexity, lines, comments = mi_parameters(code)
    return {
        "volume": volume,
        "cyclomatic": complexity,
        "logical_lines": lines,
        "comment_percent": comments,
        "index": mi_compute(volume, complexity, lines, comments),
    }


def main(folder):
    answers = {}
    for base, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if not name.endswith(ENDINGS):
                continue
            path = os.path.join(base, name)
            answer = {}
            tools = {"cyclomatic": cyclomatic}
            if name.endswith(".py"):
                tools.update(cognitive=cognitive, radon=radon)
            for tool, ask in tools.items():
                try:
                    answer[tool] = ask(path)
                except Exception as problem:
                    print(f"{path}: {tool}: {problem}", file=sys.stderr)
            answers[os.path.relpath(path, folder)] = answer
    json.dump(answers, sys.stdout, indent=None, separators=(",", ":"), sort_keys=True)
    sys.stdout.write("\n")


main(sys.argv[1])
