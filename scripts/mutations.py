"""Small changes to C++ text, each of which a test should notice. Used by mutate.py; text alone,
nothing is parsed: what does not compile does not count."""
import dataclasses
import re


@dataclasses.dataclass(frozen=True)
class Mutant:
    """Lines [line, line + len(before)) of the file become `after`; lines count from 1."""
    line: int
    mutation: str
    before: tuple
    after: tuple


# Words of one line that become other words. Binary operators have blanks around them, which
# templates, references and includes have not.
REPLACEMENTS = (
    ("< to <=", r" < ", " <= "),
    ("<= to <", r" <= ", " < "),
    ("> to >=", r" > ", " >= "),
    (">= to >", r" >= ", " > "),
    ("== to !=", r" == ", " != "),
    ("!= to ==", r" != ", " == "),
    ("&& to ||", r" && ", " || "),
    ("|| to &&", r" \|\| ", " && "),
    ("&& to ||", r" &&$", " ||"),
    ("|| to &&", r" \|\|$", " &&"),
    ("+ 1 dropped", r" \+ 1\b(?!['.x\d])", ""),
    ("- 1 dropped", r" - 1\b(?!['.x\d])", ""),
    ("+ to -", r"(?<![\"']) \+ (?!1\b)", " - "),
    ("- to +", r"(?<![\"']) - (?!1\b)", " + "),
    ("+= to -=", r" \+= ", " -= "),
    ("-= to +=", r" -= ", " += "),
    ("min to max", r"\bstd::min\b", "std::max"),
    ("max to min", r"\bstd::max\b", "std::min"),
    ("true to false", r"\btrue\b", "false"),
    ("false to true", r"\bfalse\b", "true"),
    ("condition negated", r"(?<=[(&| ])!(?=[\w(*])", ""),
)
NUMBER = re.compile(r"(?<![\w.'\"])(\d[\d']*)(?![\w.'\"])")
CONDITION = re.compile(r"\b(if|while) \(")
TERNARY = re.compile(r"(?<=return )([^?;]+)(?= \? )")

# What tests are not about: proofs, text for people, names of things, code for the compiler.
PASSED_OVER = re.compile(
    r"^\s*(//|#|using\b|namespace\b|template\b|static_assert\b|case\b|default:|public:|private:|"
    r"struct\b|class\b|enum\b|friend\b|typedef\b|extern\b)|\bassert\(|\bspdlog::")
# A statement that can go without taking a name with it.
KEPT_WORDS = re.compile(
    r"^(return|auto|const|constexpr|static|break|continue|throw|else|if|for|while|do|switch|"
    r"case|default|using|\[\[|}|\)|\]|//|#)")
DECLARATION = re.compile(r"^(?:[\w:]+(?:<[^;=]*>)?[&*]?\s+)+[&*]?\w+(?:\s*[={;(]|$)")
STATEMENT_LINES_MAX = 4
OPENS_STATEMENT = re.compile(r"([{};:)]|\belse)\s*$")
VOID_FUNCTION = re.compile(r"^void [\w:]+\(")


def strip_strings(line):
    """The line with texts and trailing comments blanked out, as long as before."""
    out, quote, i = [], "", 0
    while i < len(line):
        c = line[i]
        if quote:
            step = 2 if c == "\\" else 1
            out.append(quote if c == quote else "_" * len(line[i:i + step]))
            if c == quote:
                quote = ""
            i += step
            continue
        if line.startswith("//", i):
            out.append(" " * (len(line) - i))
            break
        is_digit_mark = c == "'" and i > 0 and line[i - 1].isalnum()
        if c in "\"'" and not is_digit_mark:
            quote = c
        out.append(c)
        i += 1
    return "".join(out)


def closing(text, opening):
    """Where the bracket at `opening` is closed; -1 where that is on another line."""
    depth = 0
    for i in range(opening, len(text)):
        depth += (text[i] == "(") - (text[i] == ")")
        if depth == 0:
            return i
    return -1


def replacements(line, bare):
    for name, pattern, put in REPLACEMENTS:
        for found in re.finditer(pattern, bare):
            yield name, line[:found.start()] + put + line[found.end():]
    for found in NUMBER.finditer(bare):
        old = found.group(1)
        value = int(old.replace("'", ""))
        yield f"{old} to {value + 1}", line[:found.start()] + str(value + 1) + line[found.end():]


def negations(line, bare):
    for found in CONDITION.finditer(bare):
        end = closing(bare, found.end() - 1)
        if end < 0:
            continue
        start = found.end()
        declared = bare.rfind("; ", start, end)
        if declared >= 0:
            start = declared + 2
        condition = line[start:end]
        if declared < 0 and re.match(r"(const )?(auto|[\w:]+[&*]?) ?[&*]? ?\w+ = ", condition):
            continue  # a name that the condition declares
        if condition.startswith("!") and not re.search(r" (&&|\|\|) ", condition):
            continue  # the replacements have it
        yield "condition negated", f"{line[:start]}!({condition}){line[end:]}"
    for found in TERNARY.finditer(bare):
        condition = line[found.start():found.end()]
        yield "condition negated", f"{line[:found.start()]}!({condition}){line[found.end():]}"


def statement_at(lines, bares, index):
    """How many lines the droppable statement takes that begins here; 0 when there is none."""
    text = bares[index].strip()
    if not text or KEPT_WORDS.match(text) or DECLARATION.match(text):
        return 0
    before = next((b for b in reversed(bares[:index]) if b.strip()), "")
    if not OPENS_STATEMENT.search(before):
        return 0
    depth = 0
    for count in range(1, STATEMENT_LINES_MAX + 1):
        if index + count > len(lines):
            return 0
        bare = bares[index + count - 1]
        if "{" in bare and not bare.rstrip().endswith(";"):
            return 0
        depth += sum(bare.count(c) for c in "([{") - sum(bare.count(c) for c in ")]}")
        if depth < 0:
            return 0
        if bare.rstrip().endswith(";"):
            return count if depth == 0 else 0
    return 0


def find_mutants(text):
    """All mutants of a file's text, in order of their lines, each once."""
    lines = text.split("\n")
    bares = [strip_strings(line) for line in lines]
    out = []
    in_function = False
    for index, (line, bare) in enumerate(zip(lines, bares)):
        number = index + 1
        if VOID_FUNCTION.match(bare):
            in_function = True
        if in_function and bare.rstrip().endswith("{"):
            out.append(Mutant(number, "early return", (line,), (line + " return;",)))
            in_function = False
        elif bare.rstrip().endswith((";", "}")):
            in_function = False
        if PASSED_OVER.search(bare):
            continue
        for name, after in (*negations(line, bare), *replacements(line, bare)):
            out.append(Mutant(number, name, (line,), (after,)))
        count = statement_at(lines, bares, index)
        if count > 0:
            indent = line[:len(line) - len(line.lstrip())]
            out.append(Mutant(number, "statement dropped", tuple(lines[index:index + count]),
                              (indent + "{}",)))
    return [m for i, m in enumerate(out) if m not in out[:i]]


def apply_mutant(text, mutant):
    lines = text.split("\n")
    first, last = mutant.line - 1, mutant.line - 1 + len(mutant.before)
    if tuple(lines[first:last]) != mutant.before:
        raise ValueError(f"line {mutant.line} is not what the mutant was made of")
    return "\n".join(lines[:first] + list(mutant.after) + lines[last:])
