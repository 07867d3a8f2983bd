"""Starting from a model of an earlier world, whose users and movies are not all the same."""

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest

from tests.support.world import USERS, build_world, small_config, user_rows
from trainer_module.entrypoint import run_fn
from trainer_module.learned_weights import LearnedWeights, vocabulary_of
from trainer_module.models import build_model
from trainer_module.preparation import Preparation
from trainer_module.start import Start, Started
from trainer_module.training_record import TrainingRecord
from transform_module import features

LATER = 1000  # seconds


@pytest.fixture(scope="module")
def later(tmp_path_factory):
    """Other users but for some, without the first three movies, all rated later."""
    random = np.random.default_rng(1)
    rows = [row for user in range(5, USERS + 5) for row in user_rows(user, random)]
    kept = [
        row | {features.TIMESTAMP: [row[features.TIMESTAMP][0] + LATER]}
        for row in rows
        if row[features.MOVIE_ID][0] >= 30
    ]
    return build_world(tmp_path_factory.mktemp("later"), kept)


def prepared_on(world, model, folder):
    config = small_config(model, warm_start=True)
    return Preparation.of(world.trainer_arguments(config, folder), config)


def learner_of(prepared):
    """What is trained by gradient descent, untrained."""
    lessons = build_model(prepared.blueprint).lessons(prepared.data)
    lessons.learner(next(iter(lessons.train))[0])
    return lessons.learner


@pytest.mark.parametrize("model", ["gp_dnn", "mf_dnn", "mf", "mf_history"])
def test_every_weight_goes_where_its_meaning_is(model, world, later, tmp_path):
    earlier, now = (prepared_on(each, model, tmp_path) for each in (world, later))
    untrained = LearnedWeights.of(learner_of(earlier), earlier.vocabularies)
    # Unlike every first value, of which one seed makes the same.
    values = {name: value + 1.0 for name, value in untrained.values.items()}
    base = dataclasses.replace(untrained, values=values)
    record = TrainingRecord.of(earlier.blueprint.config, earlier.data, None)

    learner = learner_of(now)
    fresh = LearnedWeights.of(learner, now.vocabularies)
    started = Start(now.vocabularies, base, record).fill(learner)
    filled = LearnedWeights.of(learner, now.vocabularies)

    assert started.warm
    assert f"{len(fresh.values)} weights of a model that has learned until" in started.told
    assert filled.values.keys() == base.values.keys()
    ids = {"movie": list(range(30, 240, 10)), "user": list(range(5, USERS + 5))}
    for name, value in filled.values.items():
        vocabulary = vocabulary_of(name)
        if vocabulary is None:
            np.testing.assert_array_equal(value, base.values[name])
            continue
        assert now.vocabularies[vocabulary].tolist() == ids[vocabulary]
        known = earlier.vocabularies[vocabulary].tolist()
        for row, each in enumerate(ids[vocabulary], start=1):
            expected = (
                base.values[name][1 + known.index(each)]
                if each in known
                else fresh.values[name][row]
            )
            np.testing.assert_array_equal(value[row], expected, err_msg=f"{name} of {each}")


def test_the_user_ids_of_a_model_that_knows_users_by_history_stay_at_home(world, later, tmp_path):
    for model, vocabularies in (
        ("gp_dnn", set()),
        ("mf_dnn", {"movie"}),
        ("mf", {"movie", "user"}),
    ):
        prepared = prepared_on(world, model, tmp_path)
        kept = LearnedWeights.of(learner_of(prepared), prepared.vocabularies)
        assert kept.vocabularies.keys() == vocabularies


def trained(world, folder, base=None, **options):
    """Runs `run_fn` with `mf_history`; the model's folder, and how it started."""
    config = small_config("mf_history", **{"epochs": 1, "affinity_rank": 4} | options)
    arguments = world.trainer_arguments(config, folder)
    arguments.base_model = base
    run_fn(arguments)
    report = json.loads(Path(arguments.model_run_dir, "training.json").read_text())
    return arguments.serving_model_dir, report["start"]


@pytest.fixture(scope="module")
def base_model(world, tmp_path_factory):
    folder, start = trained(world, tmp_path_factory.mktemp("base"))
    assert start is None  # nobody asked for a warm one
    return folder


def record_of(folder):
    return json.loads(Path(folder, "assets.extra", "training_record.json").read_text())


def test_a_model_records_the_last_rating_it_has_learned_from(base_model):
    """Each user of the world rates at the seconds 0 to 9."""
    assert record_of(base_model) == {
        "model": "mf_history",
        "objective": "mse",
        "learned_until": {"train": 9, "eval": 9},
    }


def test_later_data_start_warm_and_inherit_what_was_learned_from(base_model, later, tmp_path):
    folder, start = trained(later, tmp_path, base_model, warm_start=True)
    assert start["warm"]
    assert start["told"] == (
        "4 weights of a model that has learned until 1970-01-01T00:00:09+00:00, "
        "21 of 21 movies known"
    )
    last = {
        split: max(row[features.TIMESTAMP][0] for row in later.splits[split])
        for split in ("train", "eval")
    }
    assert min(last.values()) > LATER
    assert record_of(folder)["learned_until"] == last | {"base_model": 9}


def test_the_same_data_start_cold_and_say_so_with_both_times(base_model, world, tmp_path):
    """Every sixth of ten rows a user is for eval: they rate at the seconds 5, 1, 7, 3 and 9."""
    folder, start = trained(world, tmp_path, base_model, warm_start=True)
    assert start == {
        "warm": False,
        "told": "the model to start from has learned until 1970-01-01T00:00:09+00:00, "
        "and the first eval rating is of 1970-01-01T00:00:01+00:00",
    }
    assert record_of(folder)["learned_until"] == {"train": 9, "eval": 9}
    np.testing.assert_equal(
        LearnedWeights.read(folder).values, LearnedWeights.read(base_model).values
    )


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            {"objective": "cross_entropy"},
            r"is mf_history \(mse\), not mf_history \(cross_entropy\)",
        ),
        ({"model": "mf_dnn"}, r"is mf_history \(mse\), not mf_dnn \(mse\)"),
        ({"embedding_dim": 5}, r"embeddings should be float32 \[movie, 5\]; .* \[movie, 4\]"),
    ],
)
def test_another_architecture_starts_cold_and_fails_nothing(
    options, told, base_model, later, tmp_path
):
    config = dataclasses.replace(small_config("mf_history", warm_start=True), **options)
    prepared = Preparation.of(later.trainer_arguments(config, tmp_path), config)
    learner = learner_of(prepared)
    before = LearnedWeights.of(learner, prepared.vocabularies)
    started = Start.of(base_model, config, prepared).fill(learner)
    assert not started.warm
    assert re.search(told, started.told)
    after = LearnedWeights.of(learner, prepared.vocabularies)
    np.testing.assert_equal(after.values, before.values)


def test_no_model_or_one_that_tells_nothing_starts_cold(later, tmp_path):
    prepared = prepared_on(later, "mf", tmp_path)
    for base, told in ((None, "there is no model"), (str(tmp_path), "does not tell")):
        started = Start.of(base, prepared.blueprint.config, prepared).fill(learner_of(prepared))
        assert not started.warm
        assert told in started.told


def test_a_model_without_weights_has_none_to_start_from(later, tmp_path):
    prepared = prepared_on(later, "bias", tmp_path)
    record = TrainingRecord(model="bias", objective="mse", learned_until={"train": 9})
    start = Start(prepared.vocabularies, LearnedWeights({}, {}), record)
    assert start.fill(learner_of(prepared)) == Started(False, "the model learns no weights")
