"""Fine-tunes the reader: tags, links and attributes together.

    python -m training.train --base build/named --out build/reader [--layers 6] [--epochs 12] [--seed 0] [--ship]
    python -m training.train --reader build/reader --out build/more --epochs 3 --rate 5e-5 --head-rate 4e-4 [--ship]

Reads `annotations/reports/*.txt`, and `../shared/gold/train.jsonl` where it is present; holds out
what `examples.held_out` names, and prints its scores after each epoch.  Writes `reader.pt`, `vocabulary.json` and
`training.json`; a run that was cut off goes on from `checkpoint.pt`.
bf16 on a CPU.

In each epoch most documents are seen with some of their names and indicators exchanged (`training.exchange`), and some
characters are hidden, so that names are read by what stands around them and not known by heart.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from transformers import get_linear_schedule_with_warmup

from service.annotations.document import Document
from service.annotations.scoring import gold_record
from service.candidates import PAIR_SIZES, VALUE_SIZES
from service.characters import Characters
from service.linker import MEASURES, STATUSES
from service.tags import TAGS, decode
from training.batches import Batch, chunks, collate, hide, pack
from training.corrections import corrected
from training.examples import GOLD, IGNORE, Example, example, examples, held_out, read_gold
from training.exchange import exchanged, stock
from training.markup import digest
from training.network import Encoder, Reader, Shape
from training.validate import documents

# Real reports, annotated by those whose reading decides, are seen more often than our own.
GOLD_WEIGHT = 2
LINK_WEIGHT = 1.0
VALUE_WEIGHT = 0.3
WARMUP = 0.1
CHECKPOINT = "checkpoint.pt"
# Documents that are seen with other names in an epoch, and characters that are hidden in a step.
EXCHANGED = 0.6
HIDDEN = 0.05


# One step: the loss of a model on some rows.
Work = Callable[[Reader], Tensor]


def losses(model: Reader, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """Tag, link and value losses of a batch."""
    logits, vectors = model(batch.ids, batch.mask)
    tag = functional.cross_entropy(logits.float().flatten(0, 1), batch.tags.flatten(), ignore_index=IGNORE)
    return tag, *head_losses(model, batch, vectors, exclusive)


def head_losses(
    model: Reader, batch: Batch, vectors: Tensor, grouped: Callable[[Tensor, Batch], Tensor]
) -> tuple[Tensor, Tensor]:
    """Link and value losses; `grouped` gives that of the pairs of exclusive kinds from the scores of all pairs."""
    flat = vectors.flatten(0, 1).float()
    link = value = flat.sum() * 0.0
    # Outside the autocast: the number of pairs differs in every step, and each new shape would cost a new bf16
    # kernel.
    with torch.autocast("cpu", enabled=False):
        if len(batch.pair_target):
            scores = model.pair(
                flat[batch.pair_value].flatten(1), flat[batch.pair_candidate].flatten(1), batch.pair_features
            )
            free = batch.pair_group < 0
            if bool(free.any()):
                link = link + functional.binary_cross_entropy_with_logits(scores[free], batch.pair_target[free])
            if batch.groups:
                link = link + grouped(scores, batch)
        if len(batch.value):
            measure, status = model.value(flat[batch.value].flatten(1), batch.value_rows)
            value = functional.cross_entropy(status, batch.status)
            if bool((batch.measure != IGNORE).any()):
                value = value + functional.cross_entropy(measure, batch.measure, ignore_index=IGNORE)
    return link, value


def exclusive(scores: Tensor, batch: Batch) -> Tensor:
    """Cross entropy over each group and its null (score 0): the probability that any right answer is chosen."""
    held = batch.pair_group >= 0
    group, s, right = batch.pair_group[held], scores[held], batch.pair_target[held] > 0
    everything = torch.ones(batch.groups, device=s.device).index_add(0, group, s.clamp(max=30).exp())
    correct = (batch.group_null == 1).float().index_add(0, group, s.clamp(max=30).exp() * right)
    known = (batch.group_null != IGNORE) & (correct > 0)
    if not bool(known.any()):
        return scores.sum() * 0.0
    return -(correct[known].log() - everything[known].log()).mean()


def evaluate(model: Reader, data: list[Example], characters: Characters) -> dict[str, float]:
    """Entity F1 on exact spans, and the shares of links and attributes right given the right entities."""
    model.eval()
    right = predicted = gold = 0
    counts = dict.fromkeys(
        ("link_tp", "link_p", "link_g", "period", "groups", "measure", "measures", "status", "values"), 0
    )
    with torch.inference_mode():
        for part in chunks(data, shuffle=False):
            batch = collate([part], characters)
            with torch.autocast("cpu", torch.bfloat16):
                logits, vectors = model(batch.ids, batch.mask)
            e, a, b = part
            spans = decode(logits.float().numpy(), batch.mask.sum(1).numpy())[: part[2] - part[1]]
            frames = e.windows[a:b]
            answers = {
                (x.span.start, x.span.end, x.label) for x in e.entities if any(w.core.covers(x.span) for w in frames)
            }
            found = {
                (w.span.start + s - 1, w.span.start + t - 1, label)
                for w, row in zip(frames, spans, strict=True)
                for s, t, label, _ in row
                if w.core.start <= w.span.start + s - 1 < w.core.end
            }
            right, predicted, gold = right + len(answers & found), predicted + len(found), gold + len(answers)
            _count_heads(model, batch, vectors.float(), counts)
    model.train()
    return {
        "entity": _f1(right, predicted, gold),
        "link": _f1(counts["link_tp"], counts["link_p"], counts["link_g"]),
        "period": counts["period"] / max(1, counts["groups"]),
        "measure": counts["measure"] / max(1, counts["measures"]),
        "status": counts["status"] / max(1, counts["values"]),
    }  # fmt: skip


def _f1(right: int, predicted: int, gold: int) -> float:
    return 2 * right / max(1, predicted + gold)


def _count_heads(model: Reader, batch: Batch, vectors: Tensor, counts: dict[str, int]) -> None:
    flat = vectors.flatten(0, 1)
    if len(batch.pair_target):
        scores = model.pair(
            flat[batch.pair_value].flatten(1), flat[batch.pair_candidate].flatten(1), batch.pair_features
        )
        free = batch.pair_group < 0
        said, true = scores[free] > 0, batch.pair_target[free] > 0
        counts["link_tp"] += int((said & true).sum())
        counts["link_p"] += int(said.sum())
        counts["link_g"] += int(true.sum())
        for g in range(batch.groups):
            of = batch.pair_group == g
            best = int(scores[of].argmax())
            good = bool(batch.pair_target[of][best] > 0) if scores[of][best] > 0 else bool(batch.group_null[g] != 0)
            counts["period"] += good
            counts["groups"] += 1
    if len(batch.value):
        measure, status = model.value(flat[batch.value].flatten(1), batch.value_rows)
        asked = batch.measure != IGNORE
        counts["measure"] += int((measure.argmax(1) == batch.measure)[asked].sum())
        counts["measures"] += int(asked.sum())
        counts["status"] += int((status.argmax(1) == batch.status).sum())
        counts["values"] += len(batch.value)


def load_base(folder: Path, layers: int) -> tuple[Encoder, dict[str, int]]:
    """The base encoder cut to its first `layers` layers, with its vocabulary."""
    stored = torch.load(folder / "encoder.pt", weights_only=True)
    shape = Shape(**{**stored["shape"], "layers": layers})
    encoder = Encoder(shape)
    encoder.load_state_dict(
        {k: v for k, v in stored["state"].items() if not k.startswith("layers.") or int(k.split(".")[1]) < layers}
    )
    return encoder, json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))


def fingerprint(read: list[Document]) -> dict[str, Any]:
    """How many documents and characters, and a hash over texts and annotations, in the order of their ids."""
    records = [gold_record(d) for d in sorted(read, key=lambda d: d.id)]
    return {"documents": len(read), "characters": sum(len(d.text) for d in read), "sha256": digest(records)}


def make_reader(encoder: Encoder) -> Reader:
    return Reader(
        encoder,
        tags=TAGS,
        pair_sizes=PAIR_SIZES,
        value_sizes=VALUE_SIZES,
        measures=len(MEASURES),
        statuses=len(STATUSES),
    )


def data(*, gold: Path = GOLD) -> tuple[list[Document], list[Document]]:
    """Documents to train on and held-out ones."""
    everything = documents() + corrected() + (read_gold(gold) if gold.exists() else [])
    return [d for d in everything if not held_out(d.id)], [d for d in everything if held_out(d.id)]


def views(train: list[Document]) -> Callable[[], list[Example]]:
    """The examples of an epoch, other ones each time: some documents as they are, some with other names in them."""
    seen = {d.id: example(d) for d in train}
    known = stock(train)
    return lambda: [example(exchanged(d, known)) if random.random() < EXCHANGED else seen[d.id] for d in train]


def steps(train: list[Example]) -> Iterator[list[tuple[Example, int, int]]]:
    """One epoch's batches of all there is to train on."""
    return pack(chunks(train, shuffle=True))


def labelled(parts: list[tuple[Example, int, int]], characters: Characters, *, hidden: float = 0.0) -> Work:
    """A step on annotated chunks: tags, links and values together.  `hidden`: the share of characters not shown."""

    def loss(model: Reader) -> Tensor:
        batch = collate(parts, characters)
        hide(batch, hidden, characters)
        tag, link, value = losses(model, batch)
        return tag + LINK_WEIGHT * link + VALUE_WEIGHT * value

    return loss


def fit(
    model: Reader,
    epoch_of: Callable[[], list[Work]],
    held: list[Example],
    characters: Characters,
    out: Path,
    *,
    epochs: int,
    rate: float,
    head_rate: float,
    tell: Callable[[int, int], None] | None = None,
) -> list[dict[str, float]]:
    """Train `model` on what `epoch_of` gives anew for each epoch; the scores after each, on `held`.

    Goes on from `out/checkpoint.pt` where there is one, and leaves one to be taken away.  `tell` is called after each
    step with how many are done, and how many there are about.
    """
    plain = [p for n, p in model.encoder.named_parameters() if "norm" in n or n.endswith("bias")]
    heavy = [p for n, p in model.encoder.named_parameters() if not ("norm" in n or n.endswith("bias"))]
    heads = [p for n, p in model.named_parameters() if not n.startswith("encoder.")]
    optimizer = torch.optim.AdamW(
        [
            {"params": heavy, "lr": rate, "weight_decay": 0.01},
            {"params": plain, "lr": rate, "weight_decay": 0.0},
            {"params": heads, "lr": head_rate, "weight_decay": 0.0},
        ],
        fused=True,
    )
    total = epochs * len(epoch_of())
    schedule = get_linear_schedule_with_warmup(optimizer, int(WARMUP * total), int(total * 1.02))
    history: list[dict[str, float]] = []
    checkpoint = out / CHECKPOINT
    if checkpoint.exists():
        kept = torch.load(checkpoint, weights_only=False)
        for part, name in ((model, "model"), (optimizer, "optimizer"), (schedule, "schedule")):
            part.load_state_dict(kept[name])
        history = kept["history"]
        random.setstate(kept["random"])
        torch.set_rng_state(kept["torch"])
        print(f"going on after epoch {len(history)}", flush=True)
    for epoch in range(len(history), epochs):
        started, summed = time.time(), 0.0
        model.train()
        for n, work in enumerate(epoch_of(), 1):
            with torch.autocast("cpu", torch.bfloat16):
                loss = work(model)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
            summed += loss.item()
            if tell is not None:
                tell(epoch * (total // epochs) + n, total)
            if n % 50 == 0:
                print(f"  step {n} loss {summed / n:.4f} {n / (time.time() - started):.2f} steps/s", flush=True)
        scores = evaluate(model, held, characters) if held else {}
        history.append({"epoch": epoch + 1, "seconds": time.time() - started, "loss": summed / n, **scores})
        print(" ".join(f"{k} {v:.4f}" for k, v in history[-1].items()), flush=True)
        torch.save(
            {
                "model": model.state_dict(), "optimizer": optimizer.state_dict(), "schedule": schedule.state_dict(),
                "history": history, "random": random.getstate(), "torch": torch.get_rng_state(),
            },
            checkpoint.with_suffix(".part"),
        )  # fmt: skip
        checkpoint.with_suffix(".part").replace(checkpoint)
    return history


def sources(args: argparse.Namespace) -> dict[str, Any]:
    """What a reader is trained on, as it is now."""
    return {
        "own": fingerprint(documents()),
        "corrected": fingerprint(corrected()),
        "gold": None if args.no_gold or not GOLD.exists() else fingerprint(read_gold(GOLD)),
    }


def save(
    model: Reader,
    vocabulary: dict[str, int],
    out: Path,
    args: argparse.Namespace,
    made_of: dict[str, Any],
    history: list[dict[str, float]],
) -> None:
    """Write the reader, its vocabulary, and what it was made of; a checkpoint in `out` is needed no more."""
    torch.save({"shape": model.encoder.shape.to_dict(), "state": model.state_dict()}, out / "reader.pt")
    said = {"settings": vars(args), "data": made_of, "history": history}
    (out / "training.json").write_text(json.dumps(said, indent=1, default=str), encoding="utf-8")
    (out / "vocabulary.json").write_text(json.dumps(vocabulary, ensure_ascii=False, indent=0), encoding="utf-8")
    (out / CHECKPOINT).unlink(missing_ok=True)


def load(folder: Path) -> tuple[Reader, dict[str, int]]:
    """The reader that `save` wrote, and its vocabulary."""
    stored = torch.load(folder / "reader.pt", weights_only=True)
    model = make_reader(Encoder(Shape(**stored["shape"])))
    model.load_state_dict(stored["state"])
    return model.eval(), json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))


def to_train_on(args: argparse.Namespace) -> tuple[list[Document], list[Document]]:
    """Documents to train on, as often as they are to be seen, and held-out ones."""
    train, held = data(gold=Path("absent") if args.no_gold else GOLD)
    if args.ship:
        train = train + [d for d in held if d.meta.get("gold")]
    return train + [d for d in train if d.meta.get("gold")] * (GOLD_WEIGHT - 1), held


def options(description: str, *, epochs: int, rate: float, head_rate: float) -> argparse.ArgumentParser:
    """The options that every training of a reader has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--out", type=Path, default=Path("build/reader"))
    parser.add_argument("--epochs", type=int, default=epochs)
    parser.add_argument("--rate", type=float, default=rate)
    parser.add_argument("--head-rate", type=float, default=head_rate)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-gold", action="store_true", help="train without the excerpts beside the project")
    parser.add_argument("--ship", action="store_true", help="train on the held-out excerpts too; own reports stay out")
    return parser


def start(args: argparse.Namespace) -> None:
    """Sow every generator of random numbers, and make the folder."""
    for seed in (random.seed, np.random.seed, torch.manual_seed):
        seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)


def main() -> None:
    parser = options("Fine-tune the reader.", epochs=12, rate=1e-4, head_rate=1e-3)
    parser.add_argument("--base", type=Path, default=Path("build/named"))
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--reader", type=Path, help="a trained reader to go on from, in place of a base")
    args = parser.parse_args()
    start(args)
    train, held = to_train_on(args)
    made_of = sources(args)
    if args.reader:
        model, vocabulary = load(args.reader)
    else:
        encoder, vocabulary = load_base(args.base, args.layers)
        model = make_reader(encoder)
    characters = Characters.build(vocabulary)
    size = sum(p.numel() for p in model.parameters())
    print(f"{len(train)} documents to train on, {len(held)} held out; {size:,} parameters", flush=True)
    epoch = views(train)
    history = fit(
        model, lambda: [labelled(parts, characters, hidden=HIDDEN) for parts in steps(epoch())], examples(held),
        characters, args.out, epochs=args.epochs, rate=args.rate, head_rate=args.head_rate,
    )  # fmt: skip
    save(model, vocabulary, args.out, args, made_of, history)


if __name__ == "__main__":
    main()
