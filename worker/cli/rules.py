"""The verbs about judging: test, preview, learn, models, publish, rollback, drift, repeats."""

from pathlib import Path
from typing import Annotated

import typer

from worker.cli import printing
from worker.cli.frame import Json, example

app = typer.Typer(
    help="Test the rules that judge mail; learn from corrections.", no_args_is_help=True
)
WRONG = ("mail", "urgency", "right_urgency", "category", "right_category", "subject")
CHANGED = ("ticket", "urgency", "new_urgency", "category", "new_category", "because", "subject")
Model = Annotated[
    str, typer.Argument(metavar="MODEL", help="As `postclerk rules models` prints it.")
]
Labelled = Annotated[
    Path | None,
    typer.Argument(metavar="[PATH]", help="Labelled mail: a .jsonl file or a folder of them."),
]


@app.command(
    "test",
    epilog=example("postclerk rules test", "postclerk rules test ours.jsonl --errors 20"),
)
def hold(
    ctx: typer.Context,
    path: Labelled = None,
    errors: Annotated[int, typer.Option(min=0, help="Print so many wrong ones.")] = 0,
    json: Json = False,
) -> None:
    """Hold rules, model and both together against labelled mail.

    Without PATH it is the mail that the model was trained on: a floor, no proof.
    """
    from worker.actions import judging
    from worker.cli import settings

    rules = judging.rules_of(settings.load_if_there(ctx))
    scores, wrong = judging.test_rules(rules, judging.labelled(path))
    rows = [{"layer": layer, **score.figures()} for layer, score in scores.items()]
    columns = tuple(rows[0]) if rows else ()
    printing.rows(rows, columns, as_json=json, empty="No labelled mail.")
    if errors:
        printing.rows(wrong[:errors], WRONG, as_json=json, empty="None is wrong.")


@app.command(
    epilog=example(
        "postclerk rules preview --rules new-rules/",
        "postclerk rules preview --model model-0002.json.gz",
    )
)
def preview(
    ctx: typer.Context,
    rules: Annotated[Path | None, typer.Option(help="Another folder of rules.")] = None,
    model: Annotated[str | None, typer.Option(help="A model of ours that is not live.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="So many of the latest tickets.")] = 1000,
    json: Json = False,
) -> None:
    """Say what other rules, or another model, would change on past tickets; change nothing."""
    from worker.actions import judging
    from worker.cli.opened import desk
    from worker.rules import load

    if rules is None and model is None:
        raise typer.BadParameter("name --rules, --model or both.")
    with desk(ctx) as opened:
        candidate = load(rules or opened.config.rules, judging.model_path(opened.config, model))
        judged, changed = judging.preview_rules(opened, candidate, limit=limit)
    printing.rows(changed, CHANGED, as_json=json, empty="Nothing would change.")
    if not json:
        print(f"\n{len(changed)} of {judged} tickets would be judged otherwise.")


@app.command(epilog=example("postclerk rules learn"))
def learn(
    ctx: typer.Context,
    mails: Annotated[
        Path | None,
        typer.Option(help="Labelled mail in place of the shipped: a file or folder."),
    ] = None,
    json: Json = False,
) -> None:
    """Train a model from labelled mail and the operators' corrections.

    It takes some minutes. The model is kept beside the others and does not go live: look at it
    with `rules preview --model`, then `rules publish` it.
    """
    from worker.actions import judging
    from worker.cli.opened import desk

    with desk(ctx) as opened:
        done = judging.learn(
            opened, mails=mails, progress=lambda told: None if json else print(f"{told} ...")
        )
    if json:
        printing.json_line(done)
        return
    print(f"{done['model']} is trained; it is not live.")
    for when in ("before", "after"):
        if isinstance(figures := done[when], dict):
            print(f"{when}, on {done['held_back']} corrections held back:")
            printing.pairs(figures)


@app.command(epilog=example("postclerk rules models"))
def models(ctx: typer.Context, json: Json = False) -> None:
    """List the models that this desk trained, and which one judges."""
    from worker.actions import judging
    from worker.cli import settings

    found = judging.list_models(settings.load(ctx))
    columns = ("model", "is_live", "mails", "corrections", "cases", "digest")
    printing.rows(found, columns, as_json=json, empty="No model; the one of the rules judges.")


@app.command(epilog=example("postclerk rules publish model-0002.json.gz"))
def publish(ctx: typer.Context, model: Model, json: Json = False) -> None:
    """Let a model judge from now on; a running worker takes it at SIGHUP."""
    from worker.actions import judging
    from worker.cli import settings

    judging.publish_model(settings.load(ctx), model)
    printing.one({"model": model}, as_json=json, said=f"{model} is live. {_SIGHUP}")


_SIGHUP = "A running worker takes it when it is told to reload (SIGHUP)."


@app.command(epilog=example("postclerk rules rollback"))
def rollback(ctx: typer.Context, json: Json = False) -> None:
    """Let the model before judge again."""
    from worker.actions import judging
    from worker.cli import settings

    name = judging.roll_back_model(settings.load(ctx))
    said = f"{name or 'The model of the rules'} is live again. {_SIGHUP}"
    printing.one({"model": name}, as_json=json, said=said)


@app.command(epilog=example("postclerk rules drift --weeks 12"))
def drift(
    ctx: typer.Context,
    weeks: Annotated[int, typer.Option(min=1, max=520, help="So many weeks.")] = 8,
    json: Json = False,
) -> None:
    """Say which share of each week's tickets was corrected: is it time to learn?"""
    from worker.actions import judging
    from worker.cli.opened import desk

    with desk(ctx) as opened:
        found = judging.drift(opened, weeks=weeks)
    columns = ("week_from", "tickets", "corrected", "share")
    printing.rows(found, columns, as_json=json, empty="")


@app.command("learn-repeats", epilog=example("postclerk rules learn-repeats --to rules/"))
def learn_repeats(
    ctx: typer.Context,
    to: Annotated[Path, typer.Option(help="Folder of rules that gets the weights.")],
    pairs: Annotated[
        Path | None,
        typer.Option(help="Labelled pairs in place of the shipped: a file or folder."),
    ] = None,
    json: Json = False,
) -> None:
    """Learn from labelled pairs of mails what tells a repeat; a minute's work.

    Prints how each batch of pairs is told apart by what the other batches taught.
    """
    from worker.actions import judging
    from worker.cli import settings

    found = judging.learn_repeats(settings.load_if_there(ctx), pairs=pairs, to=to)
    columns = ("batch", "pairs", "repeats", "precision", "recall")
    printing.rows(found, columns, as_json=json, empty="No labelled pairs.")
