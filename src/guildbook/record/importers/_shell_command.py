"""What a command line does, in one or two words: the program, and its subcommand where programs have them."""

from __future__ import annotations

import re
from typing import Final

_WORD: Final = re.compile(r"(?:\"[^\"]*\"|'[^']*'|[^\s;|&<>()`])+")
_ASSIGNMENT: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=")
_PROGRAM: Final = re.compile(r"[\w.+@\-\[\]:!~]{1,64}")
_SUBCOMMAND: Final = re.compile(r"[A-Za-z][\w.:\-]{0,40}")
_LOOKED_AT: Final = 4_096
_MOST_WORDS: Final = 40

# Programs that only run another one, with those of their options that take a value.
_BEFORE: Final[dict[str, frozenset[str]]] = {
    "sudo": frozenset({"-u", "-g", "-h", "-p", "-C", "-T", "-r", "-t", "--user", "--group"}),
    "doas": frozenset({"-u", "-C"}),
    "env": frozenset({"-u", "-C", "-S", "--unset", "--chdir"}),
    "nice": frozenset({"-n"}),
    "ionice": frozenset({"-c", "-n"}),
    "xvfb-run": frozenset({"-s", "-n"}),
    **dict.fromkeys(
        ("time", "nohup", "command", "builtin", "exec", "noglob", "nocorrect", "then", "do", "!"), frozenset()
    ),
}
# Programs whose first word says what they do, with those of their options that take a value.
_WITH_SUBCOMMAND: Final[dict[str, frozenset[str]]] = {
    "git": frozenset({"-C", "-c", "--git-dir", "--work-tree", "--namespace"}),
    "docker": frozenset({"-H", "-c", "-l", "-f", "-p", "--context", "--host", "--config", "--file", "--env-file"}),
    "podman": frozenset({"--url", "--connection"}),
    "kubectl": frozenset({"-n", "-s", "--namespace", "--context", "--kubeconfig", "--cluster"}),
    "helm": frozenset({"-n", "--namespace", "--kube-context"}),
    "make": frozenset({"-C", "-f", "-j", "-I", "-o"}),
    "npm": frozenset({"--prefix", "-w", "--workspace"}),
    "cargo": frozenset({"--manifest-path", "--color", "-Z", "-C"}),
    "systemctl": frozenset({"-H", "-M", "-p", "-t", "-n"}),
    "aws": frozenset({"--profile", "--region", "--output", "--endpoint-url"}),
    "terraform": frozenset(),
    **dict.fromkeys(
        (
            "adb", "ansible", "apk", "apt", "apt-get", "az", "brew", "bundle", "composer", "conda", "dnf",
            "docker-compose", "dotnet", "flatpak", "gcloud", "gem", "gh", "glab", "go", "gradle", "heroku", "hg",
            "ip", "jj", "journalctl", "just", "launchctl", "mamba", "mix", "mvn", "nix", "nmcli", "openssl", "pip",
            "pip3", "pipx", "pnpm", "poetry", "rails", "rustup", "service", "snap", "stack", "svn", "swift", "tmux",
            "uv", "vagrant", "yarn", "yum", "zypper",
        ),
        frozenset(),
    ),
}  # fmt: skip
# Where the word after the first still belongs to it.
_TWO_WORDS: Final = frozenset(
    (
        "aws", "gh", "glab", "gcloud", "az", "ip", "nmcli", "docker:compose", "docker:container", "docker:image",
        "docker:network", "docker:volume", "npm:run", "pnpm:run", "yarn:run", "uv:pip", "uv:run", "uv:tool",
        "git:stash", "git:remote", "git:submodule", "git:worktree", "git:bisect", "go:mod", "kubectl:config",
        "kubectl:rollout", "helm:repo", "pip:cache", "cargo:nextest",
    )
)  # fmt: skip
_MODULES: Final = re.compile(r"python[0-9.]*$|pypy[0-9.]*$")


def action_of(command: str) -> str:
    """`git commit`, `npm run build`, `python -m pytest`, `ls`; `set` for a bare assignment, `comment` for one."""
    line = command[:_LOOKED_AT].lstrip(" \t\n({")
    if line.startswith("#"):
        return "comment"
    words = _words(line)
    at = _program_at(words)
    if at >= len(words):
        return "set" if any(_ASSIGNMENT.match(w) for w in words) else "other"
    program = words[at].strip("\"'").rsplit("/", 1)[-1]
    if not _PROGRAM.fullmatch(program):
        return "other"
    return " ".join((program, *_subcommands(program, words[at + 1 :])))


def _words(line: str) -> list[str]:
    """The words of the first simple command."""
    found: list[str] = []
    end = 0
    for match in _WORD.finditer(line):
        if any(c in ";|&`\n" for c in line[end : match.start()]) and _program_at(found) < len(found):
            break
        found.append(match[0])
        end = match.end()
        if len(found) >= _MOST_WORDS:
            break
    return found


def _program_at(words: list[str]) -> int:
    """The place of the program: past assignments and programs that only run another."""
    at = 0
    with_value: frozenset[str] | None = None
    while at < len(words):
        word = words[at]
        if _ASSIGNMENT.match(word):
            at += 1
        elif word in _BEFORE:
            with_value = _BEFORE[word]
            at += 1
        elif with_value is not None and word.startswith("-"):
            at += 2 if word in with_value else 1
        else:
            break
    return at


def _subcommands(program: str, words: list[str]) -> list[str]:
    if _MODULES.match(program):
        is_module = len(words) > 1 and words[0] == "-m" and _SUBCOMMAND.fullmatch(words[1])
        return words[:2] if is_module else []
    if program not in _WITH_SUBCOMMAND:
        return []
    plain = _without_options(words, _WITH_SUBCOMMAND[program])
    first = [w for w in plain[:1] if _SUBCOMMAND.fullmatch(w)]
    goes_on = first and (program in _TWO_WORDS or f"{program}:{first[0]}" in _TWO_WORDS)
    return first + [w for w in plain[1:2] if goes_on and _SUBCOMMAND.fullmatch(w)]


def _without_options(words: list[str], with_value: frozenset[str]) -> list[str]:
    found: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word.startswith("-"):
            skip = word in with_value
        elif not _ASSIGNMENT.match(word):
            found.append(word)
    return found
