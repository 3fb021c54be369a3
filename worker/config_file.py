"""Reads the configuration file, and says everything that is wrong with it at once.

Each complaint names file, line and key, the nearest valid name or the allowed values, and an
example. Also writes a first configuration, and shows one without its secrets.
"""

from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path, PurePath
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from worker import config_tree
from worker.config import Config
from worker.config_keys import example_of, example_text, meant, secret_keys, unknown
from worker.config_tree import Tree, key_of
from worker.config_values import duration_text
from worker.errors import ConfigError


def load(path: Path, *, environ: Mapping[str, str]) -> Config:
    """Read and check a configuration file; relative paths start from its folder.

    Raises ConfigError with one complaint a fault, in the order of the lines.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        folder = path.resolve().parent
        tree = config_tree.read(text, folder=folder, environ=environ, secret_keys=secret_keys())
    except OSError as error:
        raise _refusal(path, [_unreadable(error)]) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise _refusal(path, [f"{line}: is not UTF-8 text"]) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise _refusal(path, [_syntax(error, text)]) from None
    config = None
    if tree.value or not tree.complaints:
        config = _checked(tree, folder)
        _same_names(tree)
    if config is None or tree.complaints:
        lines = [f"{line}: {sentence}" for line, sentence in sorted(set(tree.complaints))]
        raise _refusal(path, lines)
    return config


def need_mailboxes(config: Config, path: Path) -> None:
    """Raise ConfigError where there is no mailbox to work on."""
    if not config.mailboxes:
        complaint = "mailboxes: at least one is needed here; `postclerk config init` shows one"
        raise _refusal(path, [f"1: {complaint}"])


def doubts(config: Config) -> tuple[str, ...]:
    """Say what is allowed but worth a second look."""
    servers = [(f"mailbox {box.name}", box.host, box.tls) for box in config.mailboxes]
    servers.append(("smtp", config.smtp.host, config.smtp.tls))
    found = [
        f"{who}: passwords and mail travel readable to {host}; use implicit or starttls"
        for who, host, tls in servers
        if tls == "insecure-plaintext" and not _is_loopback(host)
    ]
    model = urlsplit(config.language_model.url or "")
    if model.scheme == "http" and not _is_loopback(model.hostname or ""):
        found.append(f"language_model: mail travels readable to {model.hostname}; use https")
    return tuple(found)


def masked(config: Config) -> dict[str, object]:
    """Give the configuration as plain values, its secrets as ***."""
    shown = {name: _plain(part) for name, part in config}

    return shown | {"database": {"url": without_password(config.database.url)}}


def without_password(url: str) -> str:
    """Give a database URL as it may be shown."""
    parts = urlsplit(url)
    if parts.password is None and "password=" not in parts.query:
        return url
    user, _, host = parts.netloc.rpartition("@")
    netloc = f"{user.partition(':')[0]}:***@{host}" if parts.password is not None else host
    pairs = [pair.partition("=") for pair in parts.query.split("&") if pair]
    query = "&".join(f"{k}{m}{'***' if 'password' in k else v}" for k, m, v in pairs)
    return f"{parts.scheme}://{netloc}{parts.path}?{query}".removesuffix("?")


def init(folder: Path) -> list[Path]:
    """Write a commented config.yaml and a key file into `folder`, whichever is missing.

    Raises ConfigError when both are there already or the folder cannot be written.
    """
    from worker import keys

    config, key = folder / "config.yaml", folder / "postclerk.key"
    missing = [path for path in (config, key) if not path.exists()]
    if not missing:
        raise ConfigError(f"{config} and {key} are there already; nothing was written.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if key in missing:
            keys.create(key)
        if config in missing:
            config.write_text(example_text(), encoding="utf-8")
            config.chmod(0o600)  # it may come to hold a password
    except OSError as error:
        raise ConfigError(f"Cannot write {error.filename}: {error.strerror}.") from None
    return missing


def _checked(tree: Tree, folder: Path) -> Config | None:
    try:
        return Config.model_validate(tree.value, context={"folder": folder})
    except ValidationError as error:
        details = error.errors(include_url=False)
        # A misspelt key is one fault, though the right one is missing then.
        misspelt = {
            (*detail["loc"][:-1], meant(key_of(detail["loc"])))
            for detail in details
            if detail["type"] == "extra_forbidden"
        }
        for detail in details:
            if detail["type"] != "missing" or detail["loc"] not in misspelt:
                _complain(tree, detail)
    return None


def _complain(tree: Tree, detail: ErrorDetails) -> None:
    place = detail["loc"]
    if any(place[:count] in tree.broken for count in range(1, len(place) + 1)):
        return
    if detail["type"] == "value_error" and any(b[: len(place)] == place for b in tree.broken):
        return  # the section as a whole may be good once its parts are
    key = key_of(place)
    if detail["type"] == "extra_forbidden":
        tree.complain(place, unknown(key))
        return
    example = example_of(key)
    such = f". For example: {example}" if example else ""
    if detail["type"] == "missing":
        tree.complain(place, f"missing{such}")
        return
    hidden = key in secret_keys() or place in tree.filled
    tree.complain(place, f"{_sentence(detail, hidden=hidden)}{such}")


def _sentence(detail: ErrorDetails, *, hidden: bool) -> str:
    context, kind = detail.get("ctx", {}), detail["type"]
    given = detail["input"]
    shown = f', not "{given}"' if isinstance(given, str) and not hidden else ""
    match kind:
        case "value_error":
            return f"{context['error']}{shown}"
        case "literal_error":
            return f"must be one of {context['expected']}{shown}".replace("'", "")
        case "int_parsing" | "int_type" | "int_from_float":
            return f"must be a whole number{shown}"
        case "bool_parsing" | "bool_type":
            return f"must be true or false{shown}"
        case "string_type":
            return "must be one text"
        case "path_type":
            return "must be a path"
        case "tuple_type":
            return f"must be a list{shown}"
        case "model_type" | "model_attributes_type":
            return f"must be a section of keys{shown}"
        case "greater_than_equal":
            return f"must be {context['ge']} or more{shown}"
        case "less_than_equal":
            return f"must be {context['le']} or less{shown}"
        case _:
            return detail["msg"].lower()


def _same_names(tree: Tree) -> None:
    """Complain of two mailboxes with one name, or with one folder of one account."""
    boxes = tree.value.get("mailboxes")
    names: dict[object, int] = {}
    folders: dict[object, int] = {}
    for index, box in enumerate(boxes if isinstance(boxes, list) else ()):
        if not isinstance(box, dict):
            continue
        host, user = str(box.get("host")).lower(), box.get("username")
        folder = str(box.get("folder", "INBOX"))
        folder = "INBOX" if folder.upper() == "INBOX" else folder
        # Servers behind one loopback address differ by port only.
        port = str(box.get("port")) if _is_loopback(host) else None
        name = str(box.get("name"))
        if "name" in box and names.setdefault(name, index) != index:
            tree.complain(
                ("mailboxes", index, "name"),
                f'"{name}" is the name of mailboxes[{names[name]}] too; each needs its own',
            )
        key = (host, port, user, folder)
        if user and folders.setdefault(key, index) != index:
            tree.complain(
                ("mailboxes", index, "folder" if "folder" in box else "username"),
                f"{folder} of {user} at {host} is mailboxes[{folders[key]}] already",
            )


def _refusal(path: Path, complaints: list[str]) -> ConfigError:
    lines = tuple(f"{path}:{complaint}" for complaint in complaints)
    count = "one fault" if len(lines) == 1 else f"{len(lines)} faults"
    return ConfigError(f"{path} has {count}.", complaints=lines)


def _unreadable(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return " no such file; name one by --config, or write one: postclerk config init"
    return f" cannot be read: {(error.strerror or str(error)).lower()}"


def _syntax(error: Exception, text: str) -> str:
    """Where and why a text is no YAML, as line:column: sentence."""
    if isinstance(error, yaml.reader.ReaderError):
        before = text[: int(error.position)]
        column = len(before) - before.rfind("\n")
        line = before.count("\n") + 1
        return f"{line}:{column}: YAML does not allow the character U+{error.character:04X}"
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return (
            "1: is nested too deeply" if isinstance(error, RecursionError) else "1: is no YAML"
        )
    problem = str(getattr(error, "problem", None) or "is no YAML")
    rows = text.splitlines()
    row = rows[mark.line] if mark.line < len(rows) else ""
    if "\t" in row[: mark.column + 1] or "'\\t'" in problem:
        problem = "a tab; YAML is indented by spaces"
    elif "${" in row and "expected" in problem:
        problem = 'inside { } and [ ] a variable needs quotes: "${NAME}"'
    context = getattr(error, "context_mark", None)
    since = f" (what began in line {context.line + 1})" if context else ""
    return f"{mark.line + 1}:{mark.column + 1}: {problem}{since}"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _plain(value: object) -> object:
    match value:
        case BaseModel():
            return {name: _plain(part) for name, part in value}
        case SecretStr():
            return "***"
        case tuple() | list():
            return [_plain(part) for part in value]
        case timedelta():
            return duration_text(value)
        case PurePath():
            return str(value)
        case _:
            return value
