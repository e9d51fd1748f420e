"""The compiled step against plain PyTorch, and the fall back from one to the other."""

from __future__ import annotations

import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from spinlens.learning.fast.compiled import CompiledStep, take_one_thread
from spinlens.learning.losses import LossWeights, stratified_shares
from spinlens.learning.network import Network
from spinlens.learning.steps import PlainStep, choose_step

WEIGHTS = LossWeights(alpha=0.8, beta=5.0, dimension=1.5)


def parts(estimator="mss_reference", shape=(32, 16), batch=21, filters=(4, 16, 64, 256)):
    numbers = np.random.default_rng(5)
    network = Network(shape, 3, filters)
    network.initialise(numbers)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.05 * torch.from_numpy(numbers.normal(size=tuple(parameter.shape))).float()
    spins = torch.from_numpy(numbers.integers(0, 2, (batch, *shape, 1))).float()
    noise = torch.from_numpy(numbers.normal(size=(batch, 3))).float()
    return network, np.log(stratified_shares(estimator, batch, 300)), spins, noise


def exact(network, log_shares, spins, noise):
    """The same in double precision by autograd."""
    double = Network(network.shape, network.latent, network.filters).double()
    double.load_state_dict(network.state_dict())
    double.encode, double.decode = (_in_double(double, name) for name in ("encode", "decode"))
    step = PlainStep(double, WEIGHTS, log_shares, half=False)
    step._factors, step._log_shares = step._factors.double(), torch.from_numpy(log_shares)
    terms = step(spins.double(), noise.double())
    return terms, [parameter.grad for parameter in double.parameters()]


def _in_double(network, name):
    function = getattr(Network, name)

    def run(x):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(torch.Tensor, "float", lambda tensor: tensor)
            return function(network, x)

    return run


def differences(network, gradients):
    return [
        float((parameter.grad.double() - grad).norm() / grad.norm())
        for parameter, grad in zip(network.parameters(), gradients, strict=True)
    ]


@pytest.mark.parametrize("estimator", ["mss", "mss_reference"])
@pytest.mark.parametrize("filters", [(4, 16, 64, 256), (2, 3)])
def test_compiled_step_matches_autograd_in_double_precision(estimator, filters):
    network, log_shares, spins, noise = parts(estimator, filters=filters)
    terms, gradients = exact(network, log_shares, spins, noise)
    step = CompiledStep(network, WEIGHTS, log_shares, half=False, threads=2)
    np.testing.assert_allclose(step(spins, noise).numpy(), terms.numpy(), rtol=1e-5, atol=1e-5)
    assert max(differences(network, gradients)) < 1e-4


def test_plain_step_matches_double_precision():
    network, log_shares, spins, noise = parts()
    terms, gradients = exact(network, log_shares, spins, noise)
    found = PlainStep(network, WEIGHTS, log_shares, half=False)(spins, noise)
    np.testing.assert_allclose(found.numpy(), terms.numpy(), rtol=1e-5, atol=1e-5)
    assert max(differences(network, gradients)) < 1e-4


@pytest.mark.parametrize("kind", [PlainStep, CompiledStep])
def test_bfloat16_stays_near(kind):
    network, log_shares, spins, noise = parts()
    terms, gradients = exact(network, log_shares, spins, noise)
    more = {"threads": 1} if kind is CompiledStep else {}
    found = kind(network, WEIGHTS, log_shares, half=True, **more)(spins, noise)
    np.testing.assert_allclose(found.double().numpy(), terms.numpy(), rtol=2e-2, atol=2e-2)
    # It does round: an exact match would mean that the option does nothing.
    assert 1e-4 < max(differences(network, gradients)) < 8e-2


@pytest.mark.parametrize("half", [False, True])
def test_threads_do_not_change_a_bit(half):
    found = []
    for threads in (1, 3):
        network, log_shares, spins, noise = parts()
        step = CompiledStep(network, WEIGHTS, log_shares, half=half, threads=threads)
        found.append([step(spins, noise), *(parameter.grad for parameter in network.parameters())])
    assert all(torch.equal(a, b) for a, b in zip(*found, strict=True))


@pytest.mark.parametrize("term", [1, 2, 3])
def test_each_factor_weighs_its_term(term):
    """The gradient is linear in the factors: doubling one adds the gradient of its term alone."""
    network, log_shares, spins, noise = parts()

    def gradient(*factors):
        CompiledStep(network, LossWeights(*factors), log_shares, half=False, threads=2)(spins, noise)
        return torch.cat([parameter.grad.double().ravel() for parameter in network.parameters()])

    once, more = [0.5, 0.5, 0.5], [0.5, 0.5, 0.5]
    more[term - 1] = 1.5
    terms = PlainStep(network, LossWeights(0, 0, 0), log_shares, half=False)
    terms._factors = torch.eye(4)[term]
    terms(spins, noise)
    alone = torch.cat([parameter.grad.double().ravel() for parameter in network.parameters()])
    found = gradient(*more) - gradient(*once)
    assert float((found - alone).norm() / alone.norm()) < 1e-3


def test_a_worker_keeps_to_one_thread():
    """Two threads in a worker would change the last bits of the matrix products, now and then."""
    with ThreadPoolExecutor(1, initializer=take_one_thread) as worker:
        worker.submit(int).result()
        torch.set_num_threads(2)
        assert worker.submit(torch.get_num_threads).result() == 1


def test_threads_outside_are_left_alone():
    network, log_shares, _, _ = parts()
    CompiledStep(network, WEIGHTS, log_shares, half=False, threads=2)
    assert torch.get_num_threads() == 2


def test_the_compiled_step_needs_no_compiler_of_the_system(monkeypatch):
    monkeypatch.setenv("PATH", "")
    network, log_shares, _, _ = parts()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        step = choose_step(network, WEIGHTS, log_shares, half=False, threads=1)
    assert isinstance(step, CompiledStep)


@pytest.mark.parametrize("missing", ["numba", "spinlens.learning.fast.kernels"])
def test_without_a_compiler_training_is_plain(monkeypatch, missing):
    for room in ("compiled", "layers", "kernels"):
        monkeypatch.delitem(sys.modules, f"spinlens.learning.fast.{room}", raising=False)
        monkeypatch.delattr(f"spinlens.learning.fast.{room}", raising=False)
    monkeypatch.setitem(sys.modules, missing, None)
    network, log_shares, spins, noise = parts()
    with pytest.warns(RuntimeWarning, match="training runs without compiled loops") as caught:
        step = choose_step(network, WEIGHTS, log_shares, half=False, threads=2)
    assert len(caught) == 1
    assert "\n" not in str(caught[0].message)
    assert isinstance(step, PlainStep)
    assert torch.isfinite(step(spins, noise)).all()


def test_loops_that_do_not_compile_fall_back(monkeypatch):
    from spinlens.learning.fast import kernels

    def broken(*_):
        raise OSError("no room in the cache\nand a second line")

    monkeypatch.setattr(kernels, "gather", broken)
    network, log_shares, _, _ = parts()
    with pytest.warns(RuntimeWarning, match=r"no room in the cache$"):
        assert isinstance(choose_step(network, WEIGHTS, log_shares, half=False, threads=2), PlainStep)
