import numpy as np

from engine.simulation.stream import keyed_uniforms, stream


def test_streams_repeat_by_name_and_differ_between_names():
    first, again, other = stream(7, "risk").random(5), stream(7, "risk").random(5), stream(7, "lives").random(5)

    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_keyed_uniforms_belong_to_the_key_not_the_place():
    forward = keyed_uniforms(3, "finding", ["a", "b", "c"])
    backward = keyed_uniforms(3, "finding", ["c", "b", "a"])

    np.testing.assert_array_equal(forward, backward[::-1])


def test_keyed_uniforms_depend_on_seed_and_domain():
    base = keyed_uniforms(3, "finding", ["a"])

    assert not np.array_equal(base, keyed_uniforms(4, "finding", ["a"]))
    assert not np.array_equal(base, keyed_uniforms(3, "visit", ["a"]))


def test_keyed_uniforms_look_uniform():
    values = keyed_uniforms(1, "finding", [str(i) for i in range(4_000)])

    assert values.shape == (4_000, 8)
    assert values.min() >= 0 and values.max() < 1
    np.testing.assert_allclose(values.mean(axis=0), 0.5, atol=0.02)
    correlations = np.corrcoef(values.T) - np.eye(8)
    assert np.abs(correlations).max() < 0.06


def test_no_key_gives_no_row():
    assert keyed_uniforms(1, "finding", []).shape == (0, 8)
